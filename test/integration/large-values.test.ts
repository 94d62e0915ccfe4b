import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { dueMessages } from '../../packages/durable-jobs/src/messages/outgoing-messages.ts';
import { useService } from '../support/service.ts';

const MIB = 1024 * 1024;
/** PostgreSQL compresses repetitions, and the sizes on disk are also checked. */
const text = (bytes: number): string => 'x'.repeat(bytes);

describe('a value that other programs made as large as they liked', () => {
  const service = useService({ workers: false });

  const deadLetter = async (row: { body?: Buffer; properties?: object; messageId?: string } = {}) => {
    const { id } = await service.db
      .insertInto('deadLetters')
      .values({
        queue: 'orders-queue',
        digest: randomUUID(),
        body: row.body ?? Buffer.from('{}'),
        properties: JSON.stringify(row.properties ?? {}),
        messageId: row.messageId ?? null,
        correlationId: row.messageId ?? null,
        contentType: row.messageId ?? null,
        reasonCode: 'body_too_large',
        reason: 'It is too large.',
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    return id;
  };
  const list = async (path: string): Promise<{ id: string }[]> =>
    ((await service.request('GET', path)).body as { items: { id: string }[] }).items;

  it('keeps lists of dead letters small: values that are too long are omitted and named', async () => {
    const short = await deadLetter({ properties: { traceparent: '00-1' }, messageId: 'order-1' });
    const long = await deadLetter({
      properties: { note: text(20_000) },
      messageId: text(500_000),
      body: Buffer.alloc(3 * MIB, 'x'),
    });
    const letters = await list('/api/dead-letters');
    expect(letters.find(({ id }) => id === short)).toMatchObject({
      messageId: 'order-1',
      properties: { traceparent: '00-1' },
      omitted: [],
    });
    expect(letters.find(({ id }) => id === long)).toMatchObject({
      messageId: text(1_000),
      correlationId: text(1_000),
      contentType: text(1_000),
      properties: null,
      omitted: ['properties'],
      bytes: 3 * MIB,
    });
    expect(JSON.stringify(letters).length).toBeLessThan(20_000);
  });

  it('is shown by itself up to a mebibyte', async () => {
    const small = await deadLetter({ properties: { note: text(20_000) }, body: Buffer.alloc(MIB, 'x') });
    expect((await service.request('GET', `/api/dead-letters/${small}`)).body).toMatchObject({
      properties: { note: text(20_000) },
      body: { encoding: 'utf8', content: text(MIB) },
      omitted: [],
    });
    const large = await deadLetter({
      properties: { note: text(2 * MIB) },
      body: Buffer.alloc(MIB + 1, 'x'),
    });
    expect((await service.request('GET', `/api/dead-letters/${large}`)).body).toMatchObject({
      properties: null,
      body: null,
      omitted: ['properties', 'body'],
    });
  });

  it('is requeued as it was, without being shown', async () => {
    const properties = { note: text(20_000) };
    const body = Buffer.alloc(2 * MIB, 'x');
    const id = await deadLetter({ properties, body, messageId: 'order-2' });
    const answer = await service.request('POST', `/api/dead-letters/${id}/requeue`);
    expect(answer).toMatchObject({ status: 202, body: { status: 'requeued' } });
    const rows = await service.db
      .selectFrom('outgoingMessages')
      .select(['queue', 'messageId', 'correlationId', 'contentType', 'properties', 'body'])
      .execute();
    expect(rows.map(({ body: requeued, ...row }) => ({ ...row, same: body.equals(requeued) }))).toEqual([
      {
        queue: 'orders-queue',
        messageId: 'order-2',
        correlationId: 'order-2',
        contentType: 'order-2',
        properties,
        same: true,
      },
    ]);
    await service.db.deleteFrom('outgoingMessages').execute();
  });

  it('does not fill the memory of the publisher together with others', async () => {
    const body = Buffer.alloc(3 * MIB, 'x');
    for (let message = 0; message < 5; message++) {
      await service.db.insertInto('outgoingMessages').values({ queue: 'orders-queue', body }).execute();
    }
    // The third one reaches the limit of 8 MiB.
    expect((await dueMessages(service.db, 'orders-queue', 100)).messages).toHaveLength(3);
    expect((await dueMessages(service.db, 'orders-queue', 2)).messages).toHaveLength(2);
  });

  it('makes no list of findings large', async () => {
    const { id } = await service.db
      .insertInto('findings')
      .values({
        source: 'maintenance',
        kind: 'email_overdue',
        subject: `email:${randomUUID()}`,
        details: JSON.stringify({ lastError: text(30_000) }),
        firstRunId: randomUUID(),
        lastRunId: randomUUID(),
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    expect((await list('/api/findings')).find((finding) => finding.id === id)).toMatchObject({
      details: null,
      omitted: ['details'],
    });
  });
});
