import { describe, expect, it } from 'vitest';
import { makeKey } from '../support/make-key.ts';
import { useService } from '../support/service.ts';

const service = useService();

interface Keys {
  items: { id: string; name: string; role: string; state: string; revokedAt: string | null }[];
}

describe('GET /api/keys', () => {
  it('lists who has a key, and revoking one ends it', async () => {
    const viewer = await makeKey(service.db, 'viewer');
    const list = async () => ((await service.request('GET', '/api/keys')).body as Keys).items;
    const [listed] = await list();
    expect(listed).toMatchObject({ role: 'viewer', state: 'valid', revokedAt: null });
    expect(JSON.stringify(await list())).not.toContain(viewer.key.slice(-20));

    const asViewer = { authorization: `Bearer ${viewer.key}` };
    const path = `/api/keys/${listed?.id ?? ''}/revoke`;
    expect((await service.request('GET', '/api/keys', undefined, asViewer)).status).toBe(200);
    expect((await service.request('POST', path, undefined, asViewer)).status).toBe(403);

    const revoked = await service.request('POST', path, undefined, { 'x-reason': 'it was lost' });
    expect(revoked).toMatchObject({ status: 200, body: { id: listed?.id, state: 'revoked' } });
    expect((await service.request('POST', path)).body).toEqual(revoked.body);
    expect((await service.request('GET', `/api/audit?what=${listed?.id ?? ''}`)).body).toMatchObject({
      items: [{}, { action: 'POST /api/keys/:id/revoke', reason: 'it was lost', outcome: 'done' }, {}],
    });
    expect((await service.request('POST', '/api/keys/000000000000/revoke')).status).toBe(404);
    expect((await service.request('POST', '/api/keys/none/revoke')).status).toBe(400);
  });
});

describe('GET /api/queues', () => {
  it('tells who polls each task queue, and what waits in the database', async () => {
    const { status, body } = await service.request('GET', '/api/queues');
    expect(status).toBe(200);
    const { taskQueues, tables } = body as {
      taskQueues: { queue: string; kind: string; workers: { polling: boolean }[] }[];
      tables: { queue: string; waiting: number }[];
    };
    expect(taskQueues.find(({ queue, kind }) => queue === 'jobs' && kind === 'workflow')?.workers).toEqual([
      expect.objectContaining({ polling: true }),
    ]);
    expect(tables.map(({ queue }) => queue)).toEqual(expect.arrayContaining(['outbox', 'emails']));
    expect((await service.request('GET', '/api/queues?colour=red')).status).toBe(400);
  });
});
