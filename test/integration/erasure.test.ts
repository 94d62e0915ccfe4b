import { subjectOfJob } from '../../domain/accounts/subjects.ts';
import { randomBytes, randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { sql } from 'kysely';
import { describe, expect, inject, it } from 'vitest';
import { parseKeyRing } from '../../packages/durable-jobs/src/values/key-ring.ts';
import {
  clientEncryption,
  workerEncryption,
} from '../../packages/durable-jobs/src/encryption/payload-encryption.ts';
import {
  destroySubjectKeys,
  findSubjectKey,
  insertSubjectKey,
} from '../../packages/durable-jobs/src/encryption/subject-key-rows.ts';
import { holdRows } from '../support/hold-rows.ts';
import { inClear } from '../support/in-clear.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { recordHistory } from '../support/record-history.ts';
import { useService, type Service } from '../support/service.ts';
import { workItemWithStatus } from '../support/work-items.ts';

const payloadKeys = `k1:${randomBytes(32).toString('base64')}`;
const encryptionConfig = { PAYLOAD_KEYS: parseKeyRing(payloadKeys), PAYLOAD_ENCRYPTION: 'bound' } as const;
// The work queue issues invoices.
const service = useService({
  payloadKeys,
  payloadEncryption: 'bound',
  hostedServices: ['work-queue'],
});
const plain = useService();

interface Person {
  id: string;
  email: string;
  name: string;
  welcomeJob: string;
}

async function register(of: Service): Promise<Person> {
  const email = `ada-${randomUUID()}@example.com`;
  const name = `Ada ${randomUUID()}`;
  const body = { email, name, password: 'correct horse' };
  const headers = { 'idempotency-key': randomUUID() };
  const answer = await of.request('POST', '/api/auth/register', body, headers);
  const { id, jobId } = answer.body as { id: string; jobId: string };
  await jobWithStatus(of, jobId, 'completed');
  return { id, email, name, welcomeJob: jobId };
}

async function order(
  of: Service,
  userId: string,
  paymentMethod: string,
): Promise<{ id: string; jobId: string }> {
  const { body } = await of.request('POST', '/api/orders', {
    userId,
    currency: 'EUR',
    items: [{ sku: `sku-${randomUUID()}`, quantity: 1, unitAmount: 1_000 }],
    paymentMethod,
  });
  return body as { id: string; jobId: string };
}

async function erase(of: Service, userId: string): Promise<string> {
  const answer = await of.request('DELETE', `/api/subjects/${userId}`, undefined, {
    'x-reason': 'asked to be forgotten',
  });
  expect(answer).toMatchObject({ status: 202, body: { jobId: `erase-subject:${userId}` } });
  expect(answer.headers.get('location')).toBe(`/api/jobs/erase-subject:${userId}`);
  return (answer.body as { jobId: string }).jobId;
}

/** What a process that has just started, with all keys, can read of a job's history. */
async function readAnew(of: Service, jobId: string): Promise<string> {
  const encryption = clientEncryption(encryptionConfig, { db: of.db, subjectOf: subjectOfJob });
  const connection = await Connection.connect({ address: inject('temporalAddress') });
  try {
    encryption?.readInClear(connection);
    return inClear(
      await new Client({ connection, namespace: of.namespace }).workflow.getHandle(jobId).fetchHistory(),
    );
  } finally {
    await connection.close();
  }
}

describe('a person who is erased', () => {
  it('leaves their address and name in invoices alone, ends their jobs, and nobody can read their past ones', async () => {
    const [person, other] = [await register(service), await register(service)];
    const paid = await order(service, person.id, 'pm_card_visa');
    await jobWithStatus(service, paid.jobId, 'completed');
    const waiting = await order(service, person.id, 'pm_card_chargeDeclined');
    await jobWithStatus(service, waiting.jobId, 'waiting');
    await service.request('POST', '/api/auth/forgot-password', { email: person.email });
    const user = await service.request('GET', `/api/users/${person.id}`);
    const resetJob = (user.body as { links: { passwordResetJob: string } }).links.passwordResetJob.slice(
      '/api/jobs/'.length,
    );
    await jobWithStatus(service, resetJob, 'waiting', 'running');
    expect(await readAnew(service, paid.jobId)).toContain(paid.id);
    const invoice = { kind: 'issue-invoice', payload: { orderId: paid.id } };
    const item = await service.request('POST', '/api/work-items', invoice);
    await workItemWithStatus(service.db, (item.body as { id: string }).id, 'completed');
    for (const text of [person.email, person.name])
      expect(await rowsWith(service, text)).toEqual(expect.arrayContaining(['invoices', 'users']));

    const sent = service.mail.to(person.email).length;
    const jobId = await erase(service, person.id);
    expect((await service.request('GET', `/api/users/${person.id}`)).status).toBe(404);
    expect((await service.request('POST', '/api/orders', orderOf(person.id))).status).toBe(422);
    const job = await jobWithStatus(service, jobId, 'completed');
    expect(job.result).toEqual({ destroyedKeys: 2 });

    expect(await jobWithStatus(service, waiting.jobId, 'completed', 'cancelled')).toBeDefined();
    expect((await service.request('GET', `/api/orders/${waiting.id}`)).body).toMatchObject({
      status: 'cancelled',
    });
    expect((await service.request('GET', `/api/jobs/${resetJob}`)).body).toMatchObject({
      status: 'cancelled',
    });
    for (const erased of [person.welcomeJob, paid.jobId, waiting.jobId, resetJob]) {
      const seen = await readAnew(service, erased);
      expect(seen).toContain('[erased]');
      expect(seen).not.toContain('outcome');
    }
    expect(await readAnew(service, other.welcomeJob)).not.toContain('[erased]');

    // A worker cannot read it either.
    const encryption = workerEncryption(encryptionConfig, { db: service.db, subjectOf: subjectOfJob });
    const encrypted = await rawInput(service, paid.jobId);
    await expect(encryption?.codec.decode([encrypted])).rejects.toThrow('was erased');
    // No email about the cancelled order is sent.
    expect(service.mail.to(person.email)).toHaveLength(sent);
    for (const text of [person.email, person.name])
      expect(await rowsWith(service, text)).toEqual(['invoices']);
    const kept = await service.db
      .selectFrom('orders')
      .select(['status', 'amountMinor'])
      .where('userId', '=', person.id)
      .execute();
    expect(kept).toHaveLength(2);

    // Again: nothing more to do, and no second job.
    await erase(service, person.id);
    await eventually(async () => {
      const { body } = await service.request('GET', `/api/audit?what=${person.id}`);
      expect(body).toMatchObject({
        items: [
          { action: 'DELETE /api/subjects/:userId', reason: 'asked to be forgotten', outcome: 'done' },
          { action: 'DELETE /api/subjects/:userId', outcome: 'done' },
        ],
      });
    });
  });

  it('may be one whose data nothing encrypts', async () => {
    const person = await register(plain);
    const waiting = await order(plain, person.id, 'pm_card_chargeDeclined');
    await jobWithStatus(plain, waiting.jobId, 'waiting');
    const jobId = await erase(plain, person.id);
    expect((await jobWithStatus(plain, jobId, 'completed')).result).toEqual({ destroyedKeys: 0 });
    for (const text of [person.email, person.name]) expect(await rowsWith(plain, text)).toEqual([]);
    expect((await plain.request('DELETE', `/api/jobs/${jobId}`)).status).toBe(409);
    await recordHistory(plain, jobId, 'completed');
  });

  it('must be one who is there', async () => {
    expect((await service.request('DELETE', `/api/subjects/${randomUUID()}`)).status).toBe(404);
    expect((await service.request('DELETE', '/api/subjects/ada')).status).toBe(400);
  });
});

const orderOf = (userId: string) => ({
  userId,
  currency: 'EUR',
  items: [{ sku: 'tea', quantity: 1, unitAmount: 100 }],
  paymentMethod: 'pm_card_visa',
});

it('destroys a key that another transaction is just storing', async () => {
  const subject = `user:${randomUUID()}`;
  const release = await holdRows(plain.db, (trx) =>
    insertSubjectKey(trx, { id: randomUUID(), subject, ringKeyId: 'k1', wrappedKey: Buffer.from('key') }),
  );
  const destroying = plain.db.transaction().execute((trx) => destroySubjectKeys(trx, [subject]));
  // By now, it has found no key to destroy, and waits in order to prevent one from being stored.
  await eventually(async () => {
    const { rows } = await sql`
      SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
        AND query ILIKE 'insert into "subject_keys"%'`.execute(plain.db);
    expect(rows).toHaveLength(1);
  });
  await release();
  expect(await destroying).toBe(1);
  expect(await findSubjectKey(plain.db, subject)).toMatchObject({ wrappedKey: null });
});

/** The first payload of a job's history, as the engine stores it. */
async function rawInput({ namespace }: Service, jobId: string) {
  const connection = await Connection.connect({ address: inject('temporalAddress') });
  try {
    const { events } = await new Client({ connection, namespace }).workflow.getHandle(jobId).fetchHistory();
    const payload = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
    if (!payload) throw new Error(`${jobId} has no input`);
    return payload;
  } finally {
    await connection.close();
  }
}

/** Names of the tables that contain a text in any of their rows. */
async function rowsWith({ db }: Service, text: string): Promise<string[]> {
  const tables = await db.introspection.getTables();
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await db
      .selectFrom(name as 'users')
      .selectAll()
      .execute();
    if (inClear(rows).includes(text)) found.push(name);
  }
  return found;
}
