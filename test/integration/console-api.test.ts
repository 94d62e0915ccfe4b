import { describe, expect, it } from 'vitest';
import { listUsableKeyIds } from '../../packages/durable-jobs/src/access/api-keys.ts';
import { eventually } from '../support/jobs.ts';
import { makeKey } from '../support/make-key.ts';
import { useService } from '../support/service.ts';

const service = useService();

interface Keys {
  nextCursor: string | null;
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
    // The outcome is written while the response is sent.
    await eventually(async () =>
      expect((await service.request('GET', `/api/audit?what=${listed?.id ?? ''}`)).body).toMatchObject({
        items: [{}, { action: 'POST /api/keys/:id/revoke', reason: 'it was lost', outcome: 'done' }, {}],
      }),
    );
    expect((await service.request('POST', '/api/keys/000000000000/revoke')).status).toBe(404);
    expect((await service.request('POST', '/api/keys/none/revoke')).status).toBe(400);
  });

  it('has pages, also of keys with one time', async () => {
    const rows = Array.from({ length: 5 }, (_, index) => ({
      id: `00000000000${index}`,
      name: `Key ${index}`,
      role: 'viewer' as const,
      secretHash: 'x',
      createdAt: new Date('2020-01-01T00:00:00Z'),
    }));
    await service.db.insertInto('apiKeys').values(rows).execute();
    const names: string[] = [];
    for (let path: string | undefined = '/api/keys?limit=2'; path !== undefined;) {
      const { items, nextCursor } = (await service.request('GET', path)).body as Keys;
      expect(items.length).toBeLessThanOrEqual(2);
      names.push(...items.map(({ name }) => name));
      path = nextCursor === null ? undefined : `/api/keys?limit=2&cursor=${nextCursor}`;
    }
    expect(names.slice(-5)).toEqual(['Key 4', 'Key 3', 'Key 2', 'Key 1', 'Key 0']);
    const page = await fetch(`${service.url}/api/keys?limit=2`, {
      headers: { accept: 'text/html', authorization: 'Bearer local-dev-key' },
    });
    expect(await page.text()).toMatch(/href="\/api\/keys\?limit=2&amp;cursor=/);
    expect((await service.request('GET', '/api/keys?cursor=x')).status).toBe(400);
  });

  it('separates the keys that are valid from all others', async () => {
    const past = new Date(Date.now() - 1_000);
    const [valid, expired, revoked] = await Promise.all([
      makeKey(service.db, 'viewer', new Date(Date.now() + 3_600_000)),
      makeKey(service.db, 'viewer', past),
      makeKey(service.db, 'viewer'),
    ]);
    await service.request('POST', `/api/keys/${revoked.id}/revoke`);
    const ids = await listUsableKeyIds(service.db);
    expect(ids).toContain(valid.id);
    expect(ids).not.toContain(expired.id);
    expect(ids).not.toContain(revoked.id);
  });
});

describe('POST /api/keys', () => {
  const create = (body: object, headers?: Record<string, string>) =>
    service.request('POST', '/api/keys', body, headers);

  it('returns a key that works, this once, and audits it without the key', async () => {
    const made = await create(
      { name: ' Ada ', role: 'viewer', expiresIn: '90d' },
      { 'x-reason': 'a new colleague' },
    );
    expect(made).toMatchObject({ status: 201, body: { name: 'Ada', role: 'viewer', state: 'valid' } });
    expect(made.headers.get('cache-control')).toBe('no-store');
    const { id, key, expiresAt } = made.body as { id: string; key: string; expiresAt: string };
    expect(Math.round((Date.parse(expiresAt) - Date.now()) / 86_400_000)).toBe(90);
    const asAda = { authorization: `Bearer ${key}` };
    expect((await service.request('GET', '/api/keys', undefined, asAda)).status).toBe(200);
    expect((await create({ name: 'Eve', role: 'viewer' }, asAda)).status).toBe(403);

    const secret = key.slice(-43);
    const audit = await eventually(async () => {
      const { body } = await service.request('GET', `/api/audit?what=${id}`);
      expect(body).toMatchObject({
        items: [
          {
            action: 'POST /api/keys',
            params: { id, name: 'Ada', role: 'viewer' },
            reason: 'a new colleague',
            outcome: 'done',
          },
        ],
      });
      return body;
    });
    const list = (await service.request('GET', '/api/keys')).body;
    expect(JSON.stringify([audit, list])).not.toContain(secret);
    const { secretHash } = await service.db
      .selectFrom('apiKeys')
      .select('secretHash')
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    expect(secretHash).not.toContain(secret);
  });

  it('creates no key that allows more than its own, or for longer', async () => {
    const until = new Date(Date.now() + 3_600_000);
    const own = await makeKey(service.db, 'operator', until);
    expect(await create({ name: 'Eve', role: 'operator', expiresIn: '2h' }, own.headers)).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'expiresIn' }] },
    });
    const made = await create({ name: 'Eve', role: 'operator' }, own.headers);
    expect(made).toMatchObject({ status: 201, body: { expiresAt: until.toISOString() } });
    // The key is accepted for a moment after it is revoked.
    await service.request('POST', `/api/keys/${own.id}/revoke`);
    expect((await create({ name: 'Eve', role: 'operator' }, own.headers)).status).toBe(401);
    expect((await create({ name: 'Eve', role: 'operator', expiresIn: '0s' })).status).toBe(400);
    expect(await create({ name: ' ', role: 'owner', secret: 'x' })).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'name' }, { path: 'role' }, { path: 'secret' }] },
    });
  });
});

describe('GET /api/queues', () => {
  it('tells who polls each task queue, and what waits in the database', async () => {
    // A worker polls a moment after it has started.
    const tables = await eventually(async () => {
      const { status, body } = await service.request('GET', '/api/queues');
      expect(status).toBe(200);
      const { taskQueues, ...others } = body as {
        taskQueues: { queue: string; kind: string; workers: { polling: boolean }[] }[];
        tables: { queue: string; waiting: number }[];
      };
      const jobs = taskQueues.find(({ queue, kind }) => queue === 'jobs' && kind === 'workflow');
      expect(jobs?.workers).toEqual([expect.objectContaining({ polling: true })]);
      return others.tables;
    });
    const { body: all } = await service.request('GET', '/api/queues');
    expect(all).toMatchObject({ deployments: [] });
    expect(tables.map(({ queue }) => queue)).toEqual(expect.arrayContaining(['outbox', 'emails']));
    expect((await service.request('GET', '/api/queues?colour=red')).status).toBe(400);
  });
});
