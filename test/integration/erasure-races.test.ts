import { randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { waitUntil } from '../../packages/durable-jobs/src/dev/wait.ts';
import { createErasureActivities } from '../../activities/erasure.ts';
import { createMailer } from '../../packages/durable-jobs/src/mail/mailer.ts';
import { sendOnce } from '../../packages/durable-jobs/src/emails/send-once.ts';
import { composeEmail } from '../../domain/mail/compose.ts';
import { anonymiseSubject, deleteTraces, lockSubject, type Subject } from '../../domain/accounts/erasure.ts';
import { readInvoiceSubject } from '../../domain/orders/invoices.ts';
import { insertOrder } from '../../domain/orders/orders.ts';
import { insertResetRequest } from '../../domain/accounts/password-resets.ts';
import { holdRows } from '../support/hold-rows.ts';
import { useService } from '../support/service.ts';

const service = useService({ workers: false });

async function addPerson(): Promise<Subject> {
  const email = `ada-${randomUUID()}@example.com`;
  const { id } = await service.db
    .insertInto('users')
    .values({ email, name: 'Ada', passwordHash: '' })
    .returning('id')
    .executeTakeFirstOrThrow();
  return { id, email, erasedAt: null };
}

/** Starts `work` while a person is being erased, and completes both; checks that `work` waits for the erasure. */
async function duringErasure<T>(person: Subject, work: () => Promise<T>): Promise<T> {
  const commit = await holdRows(service.db, async (trx) => {
    await lockSubject(trx, person.id);
    await anonymiseSubject(trx, person);
  });
  const working = work();
  working.catch(() => undefined);
  await waitUntil(
    async () => {
      const { rows } = await sql`
        SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'test' AND wait_event_type = 'Lock'`.execute(
        service.db,
      );
      return rows.length > 0;
    },
    { what: 'it waits for the erasure', timeoutMs: 60_000, intervalMs: 20 },
  );
  await commit();
  return working;
}

const newOrder = (userId: string) => ({
  userId,
  currency: 'eur',
  items: [{ sku: 'tea', quantity: 1, unitAmountMinor: 100 }],
  amountMinor: 100,
  paymentMethod: 'pm_card_visa',
});

describe('rows that are written during an erasure', () => {
  it('leaves no email of a job with their address, and none is sent', async () => {
    const person = await addPerson();
    const mailer = createMailer({ smtpUrl: service.mail.url, from: 'shop@example.com' });
    const sent = await duringErasure(person, () =>
      sendOnce(service.db, mailer, {
        key: `welcome:${person.id}`,
        ...composeEmail('welcome', { name: 'Ada' }),
        userId: person.id,
        recipient: person.email,
      }),
    );
    mailer.close();
    expect(sent.outcome).toBe('withheld');
    expect(service.mail.to(person.email)).toEqual([]);
    const rows = await service.db
      .selectFrom('emails')
      .select(['recipient', 'status'])
      .where('userId', '=', person.id)
      .execute();
    expect(rows).toEqual([{ recipient: 'erased@erased.invalid', status: 'dead' }]);
  });

  it('leaves no email of another program with their address or content', async () => {
    const person = await addPerson();
    await duringErasure(person, () =>
      service.db
        .insertInto('emails')
        .values({ userId: person.id, recipient: person.email, subject: 'Dear Ada', bodyText: 'Ada!' })
        .execute(),
    );
    const row = await service.db
      .selectFrom('emails')
      .select(['recipient', 'status', 'subject', 'bodyText'])
      .where('userId', '=', person.id)
      .executeTakeFirstOrThrow();
    expect(row).toEqual({
      recipient: 'erased@erased.invalid',
      status: 'dead',
      subject: null,
      bodyText: null,
    });
  });

  it('leaves no order', async () => {
    const person = await addPerson();
    const order = await duringErasure(person, () =>
      service.db.transaction().execute((trx) => insertOrder(trx, newOrder(person.id))),
    );
    expect(order).toBeUndefined();
  });

  it('leaves no invoice with their name', async () => {
    const person = await addPerson();
    const order = await service.db.transaction().execute((trx) => insertOrder(trx, newOrder(person.id)));
    const subject = await duringErasure(person, () =>
      service.db.transaction().execute((trx) => readInvoiceSubject(trx, order?.id ?? '')),
    );
    expect(subject?.customer).toMatchObject({ name: 'Erased', erasedAt: expect.any(Date) as Date });
  });

  it('leaves no reset request', async () => {
    const person = await addPerson();
    const accountKey = `account-${person.id}`;
    // Begun before the erasure, and not committed yet when the erasure deletes the rows that it sees.
    const commit = await holdRows(service.db, (trx) =>
      insertResetRequest(trx, { email: person.email, accountKey }),
    );
    await service.db.transaction().execute((trx) => anonymiseSubject(trx, person));
    await commit();
    // They have no order, so the last step has no job.
    const activities = createErasureActivities({ db: service.db, temporal: service.client });
    const subject = { userId: person.id, accountKey };
    expect(await new MockActivityEnvironment().run(() => activities.endJobsOfSubject(subject))).toEqual({
      open: 0,
    });
    await new MockActivityEnvironment().run(() => activities.destroySubject(subject));
    await service.db.insertInto('passwordResets').values({ email: person.email, accountKey }).execute();
    const requests = await service.db
      .selectFrom('passwordResets')
      .select('id')
      .where('accountKey', '=', accountKey)
      .execute();
    // The account that was registered with that address later.
    expect(requests).toHaveLength(1);
  });
});

describe('messages of an erased person', () => {
  it('are found by ids in any case, in bodies and in headers', async () => {
    const person = await addPerson();
    const orderId = randomUUID();
    const message = (body: string, messageId: string | null = null) => ({
      queue: 'orders-queue',
      body: Buffer.from(body),
      messageId,
      settledAt: new Date(),
      status: 'accepted' as const,
    });
    await service.db
      .insertInto('queuedMessages')
      .values([
        message(`{"user":"${person.id.toUpperCase()}"}`),
        message(`{"order":"${orderId}"}`),
        message('{}', `order-${orderId.toUpperCase()}`),
        message(`{"order":"${randomUUID()}"}`),
        message('\0\u00e4\\ binary \ufffd'),
      ])
      .execute();
    await service.db.transaction().execute((trx) =>
      deleteTraces(trx, {
        userId: person.id,
        accountKey: 'nobody',
        orderIds: [orderId],
        jobIds: ['none'],
      }),
    );
    const left = await service.db.selectFrom('queuedMessages').select('body').execute();
    expect(left).toHaveLength(2);
  });

  it('are found by an index, however many orders there are', async () => {
    const bodies = sql`SELECT 'q', convert_to(gen_random_uuid()::text, 'UTF8'), now() FROM generate_series(1, 20000)`;
    await sql`INSERT INTO queued_messages (queue, body, settled_at, status)
      SELECT queue, body, at, 'accepted' FROM (${bodies}) AS made (queue, body, at)`.execute(service.db);
    await sql`INSERT INTO outgoing_messages (queue, body, published_at) ${bodies}`.execute(service.db);
    await sql`INSERT INTO dead_letters (queue, digest, body, reason_code, reason)
      SELECT queue, gen_random_uuid(), body, 'code', 'reason' FROM (${bodies}) AS made (queue, body, at)`.execute(
      service.db,
    );
    await sql`ANALYZE queued_messages, outgoing_messages, dead_letters`.execute(service.db);
    const scans = await service.db.transaction().execute(async (trx) => {
      await deleteTraces(trx, {
        userId: randomUUID(),
        accountKey: 'nobody',
        orderIds: Array.from({ length: 50 }, () => randomUUID()),
        jobIds: ['none'],
      });
      const { rows } = await sql<{ table: string; whole: number; byIndex: number }>`
        SELECT relname AS table, seq_scan AS whole, idx_scan AS "byIndex" FROM pg_stat_xact_user_tables
        WHERE relname IN ('queued_messages', 'outgoing_messages', 'dead_letters') ORDER BY relname`.execute(
        trx,
      );
      return rows;
    });
    expect(scans).toMatchObject([
      { table: 'dead_letters', whole: 0 },
      { table: 'outgoing_messages', whole: 0 },
      { table: 'queued_messages', whole: 0 },
    ]);
    for (const { byIndex } of scans) expect(byIndex).toBeGreaterThan(0);
  });
});
