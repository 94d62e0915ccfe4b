import { randomUUID } from 'node:crypto';
import { CancelledFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { sql } from 'kysely';
import { beforeEach, describe, expect, it } from 'vitest';
import { createCleanUpActivities } from '../../activities/clean-up.ts';
import type { DeletedRows, DeleteExpiredResult } from '../../contracts/jobs/delete-expired.ts';
import type { WorkItemStatus } from '../../packages/durable-jobs/src/work-queue/tables.ts';
import { claimKey } from '../../packages/durable-jobs/src/http/idempotency-keys.ts';
import { requeueFailedItems } from '../../packages/durable-jobs/src/bulk/rows.ts';
import { holdRows } from '../support/hold-rows.ts';
import { recordHistory } from '../support/record-history.ts';
import { runJob } from '../support/run-job.ts';
import { useService } from '../support/service.ts';

const service = useService();
const DAY_MS = 86_400_000;
const daysAgo = (days: number): Date => new Date(Date.now() - days * DAY_MS);

beforeEach(async () => {
  for (const table of [
    'password_resets',
    'idempotency_keys',
    'outbox',
    'failed_attempts',
    'bulk_jobs',
    'bulk_items',
    'bulk_uploads',
    'outgoing_messages',
    'queued_messages',
    'dead_letters',
    'message_failures',
  ] as const) {
    await service.db.deleteFrom(table).execute();
  }
});

async function insertKeys(number: number, expiresAt: Date): Promise<void> {
  await service.db
    .insertInto('idempotency_keys')
    .values(
      Array.from({ length: number }, () => ({
        scope: 'orders',
        key: randomUUID(),
        fingerprint: 'of a body',
        response: null,
        expires_at: expiresAt,
      })),
    )
    .execute();
}

const keysLeft = async (): Promise<string[]> =>
  (await service.db.selectFrom('idempotency_keys').select('key').execute()).map((row) => row.key);

/** The activity as a worker runs it, with small batches; `onHeartbeat` sees every check-point. */
function cleanUp(
  batch: number,
  onHeartbeat?: (env: MockActivityEnvironment, details: unknown) => void,
): Promise<DeletedRows> {
  const env = new MockActivityEnvironment();
  env.on('heartbeat', (details: unknown) => onHeartbeat?.(env, details));
  const retentions = {
    PASSWORD_RESET_RETENTION: 7 * DAY_MS,
    OUTBOX_RETENTION: 7 * DAY_MS,
    FAILED_ATTEMPTS_RETENTION: 30 * DAY_MS,
    AUDIT_RETENTION: 365 * DAY_MS,
    BULK_RETENTION: 30 * DAY_MS,
    WORK_ITEM_RETENTION: 7 * DAY_MS,
    MESSAGE_RETENTION: 7 * DAY_MS,
  };
  const activities = createCleanUpActivities({ db: service.db, retentions }, batch);
  return env.run(() => activities.deleteExpiredRows());
}

describe('the clean-up', () => {
  it('deletes what has expired and nothing else, and counts it', async () => {
    const resets = (
      rows: { requested_at: Date; expires_at?: Date; account_key?: string; token_hash?: string }[],
    ) =>
      service.db
        .insertInto('password_resets')
        .values(rows.map((row) => ({ email: 'ada@example.com', ...row })))
        .execute();
    await resets([
      { requested_at: daysAgo(8), expires_at: daysAgo(8), token_hash: 'expired' },
      { requested_at: daysAgo(8) },
    ]);
    await resets([
      { requested_at: daysAgo(6), expires_at: daysAgo(6), token_hash: 'expired lately' },
      { requested_at: daysAgo(8), expires_at: new Date(Date.now() + 60_000), token_hash: 'sent late' },
      { requested_at: daysAgo(8), account_key: 'waits for the engine' },
    ]);
    await insertKeys(3, daysAgo(1));
    await insertKeys(2, new Date(Date.now() + DAY_MS));
    const outbox = (
      job_id: string,
      dispatched_at: Date | null,
      outcome: 'dead' | 'discarded' | null = null,
    ) =>
      service.db
        .insertInto('outbox')
        .values({
          job_type: 'sendPasswordReset',
          job_id,
          input: '{}',
          next_attempt_at: new Date('2099-01-01'),
          created_at: daysAgo(9),
          dispatched_at,
          outcome,
          dropped_at: outcome && daysAgo(8),
        })
        .execute();
    await outbox('send-password-reset:made', daysAgo(8));
    await outbox('send-password-reset:made-lately', daysAgo(6));
    await outbox('send-password-reset:waits for the engine', null);
    await outbox('send-password-reset:dead', null, 'dead');
    await outbox('send-password-reset:discarded', null, 'discarded');
    const attempts = (run_id: string, days: number, attempt: number) =>
      service.db
        .insertInto('failed_attempts')
        .values({
          job_id: 'return-payment:1',
          run_id,
          activity_id: '1',
          activity_type: 'returnPayment',
          attempt,
          started_at: daysAgo(days),
          ended_at: daysAgo(days),
          error_code: 'PaymentProviderUnavailable',
          error_message: 'away',
        })
        .execute();
    await attempts('ended long ago', 40, 1);
    await attempts('ended long ago', 39, 2);
    await attempts('still fails', 40, 1);
    await attempts('still fails', 1, 2);

    const bulkJob = async (query: string, ended_at: Date | null) => {
      const { id } = await service.db
        .insertInto('bulk_jobs')
        .values({ task: 'reprice-orders', query, ended_at, status: ended_at ? 'completed' : 'running' })
        .returning('id')
        .executeTakeFirstOrThrow();
      await service.db
        .insertInto('bulk_items')
        .values([0, 1].map((position) => ({ bulk_job_id: id, position, payload: '{}' })))
        .execute();
    };
    await bulkJob('ended long ago', daysAgo(40));
    await bulkJob('ended lately', daysAgo(29));
    await bulkJob('not over', null);

    const upload = async (received: number, lease_expires_at: Date) => {
      const { id } = await service.db
        .insertInto('bulk_uploads')
        .values({ id: randomUUID(), received, lease_expires_at })
        .returning('id')
        .executeTakeFirstOrThrow();
      const positions = Array.from({ length: received }, (_, position) => position);
      await service.db
        .insertInto('bulk_items')
        .values(positions.map((position) => ({ bulk_job_id: id, position, payload: '{}' })))
        .execute();
      return id;
    };
    await upload(2, daysAgo(1));
    await upload(3, new Date(Date.now() - 1_000));
    const uploading = await upload(4, new Date(Date.now() + 60_000));

    const workItem = (dedupe_key: string, status: WorkItemStatus, ended_at: Date | null) =>
      service.db
        .insertInto('work_items')
        .values({
          kind: 'adjust-stock',
          payload: '{}',
          dedupe_key,
          status,
          ended_at,
          not_before: daysAgo(-1),
        })
        .execute();
    await workItem('completed long ago', 'completed', daysAgo(8));
    await workItem('completed lately', 'completed', daysAgo(6));
    await workItem('dead', 'dead', daysAgo(99));
    await workItem('pending', 'pending', null);
    const audited = (target: string, days: number) =>
      service.db
        .insertInto('audit_entries')
        .values({ actor_id: 'key', actor_name: 'Ada', target, at: daysAgo(days) })
        .execute();
    await audited('/api/long-ago', 366);
    await audited('/api/lately', 364);
    const message = { queue: 'orders-queue', body: Buffer.from('{}') };
    await service.db
      .insertInto('outgoing_messages')
      .values([
        { ...message, message_id: 'published', published_at: daysAgo(8) },
        { ...message, message_id: 'published lately', published_at: daysAgo(6) },
        { ...message, message_id: 'not published', created_at: daysAgo(80) },
      ])
      .execute();
    await service.db
      .insertInto('queued_messages')
      .values([
        { ...message, status: 'accepted', settled_at: daysAgo(8) },
        { ...message, status: 'dead', settled_at: daysAgo(8) },
        { ...message, status: 'accepted', settled_at: daysAgo(6) },
        { ...message, status: 'ready', queued_at: daysAgo(80) },
      ])
      .execute();
    const letter = {
      ...message,
      reason_code: 'invalid_json',
      reason: 'It is not JSON.',
      first_seen_at: daysAgo(80),
    };
    await service.db
      .insertInto('dead_letters')
      .values([
        { ...letter, digest: '1', status: 'requeued', resolved_at: daysAgo(8) },
        { ...letter, digest: '2', status: 'discarded', resolved_at: daysAgo(8) },
        { ...letter, digest: '3', status: 'discarded', resolved_at: daysAgo(6) },
        { ...letter, digest: '4' },
      ])
      .execute();
    await service.db
      .insertInto('message_failures')
      .values([
        { queue: 'orders-queue', message_key: 'long ago', last_failed_at: daysAgo(8) },
        { queue: 'orders-queue', message_key: 'lately', last_failed_at: daysAgo(6) },
      ])
      .execute();

    const job = await runJob(service, 'deleteExpired', {});
    const deleted = {
      passwordResets: 2,
      idempotencyKeys: 3,
      outboxEntries: 2,
      failedAttempts: 2,
      bulkItems: 2,
      bulkJobs: 1,
      workItems: 1,
      auditEntries: 1,
      publishedMessages: 1,
      settledMessages: 2,
      deadLetters: 2,
      messageFailures: 1,
      uploadedItems: 5,
      uploads: 2,
    };
    expect(job.result as DeleteExpiredResult).toEqual({
      deleted,
      total: 27,
    });
    const left = await service.db
      .selectFrom('password_resets')
      .select(['token_hash', 'account_key'])
      .execute();
    expect(left.map((row) => row.token_hash ?? row.account_key).toSorted()).toEqual([
      'expired lately',
      'sent late',
      'waits for the engine',
    ]);
    expect(await keysLeft()).toHaveLength(2);
    const starts = await service.db
      .selectFrom('outbox')
      .select('job_id')
      .where('job_type', '=', 'sendPasswordReset')
      .orderBy('id')
      .execute();
    expect(starts.map(({ job_id }) => job_id?.split(':')[1])).toEqual([
      'made-lately',
      'waits for the engine',
      'dead',
    ]);
    const runs = await service.db.selectFrom('failed_attempts').select('run_id').execute();
    expect(runs.map((row) => row.run_id)).toEqual(['still fails', 'still fails']);
    const bulkJobs = await service.db.selectFrom('bulk_jobs').select('query').orderBy('query').execute();
    expect(bulkJobs.map(({ query }) => query)).toEqual(['ended lately', 'not over']);
    const uploads = await service.db.selectFrom('bulk_uploads').select(['id', 'received']).execute();
    expect(uploads).toEqual([{ id: uploading, received: 4 }]);
    const uploaded = await service.db
      .selectFrom('bulk_items')
      .select('position')
      .where('bulk_job_id', 'not in', (jobs) => jobs.selectFrom('bulk_jobs').select('id'))
      .execute();
    expect(uploaded).toHaveLength(4);
    const items = await service.db
      .selectFrom('work_items')
      .select('dedupe_key')
      .orderBy('dedupe_key')
      .execute();
    expect(items.map(({ dedupe_key }) => dedupe_key)).toEqual(['completed lately', 'dead', 'pending']);
    const entries = await service.db.selectFrom('audit_entries').select('target').execute();
    expect(entries.map(({ target }) => target)).toEqual(['/api/lately']);
    const outgoing = await service.db
      .selectFrom('outgoing_messages')
      .select('message_id')
      .orderBy('id')
      .execute();
    expect(outgoing.map((row) => row.message_id)).toEqual(['published lately', 'not published']);
    const letters = await service.db.selectFrom('dead_letters').select('digest').orderBy('digest').execute();
    expect(letters.map((row) => row.digest)).toEqual(['3', '4']);
    await recordHistory(service, job.id, 'completed');

    const again = await runJob(service, 'deleteExpired', {});
    expect(again.result).toMatchObject({ total: 0 });
  });

  it('leaves a key alone that a request takes over at that moment', async () => {
    await insertKeys(5, daysAgo(1));
    const [key = ''] = await keysLeft();
    let claimed: () => void = () => undefined;
    let end: () => void = () => undefined;
    const isClaimed = new Promise<void>((resolve) => (claimed = resolve));
    const mayEnd = new Promise<void>((resolve) => (end = resolve));
    const request = service.db.transaction().execute(async (trx) => {
      const claim = await claimKey(trx, {
        scope: 'orders',
        key,
        fingerprint: 'of another body',
        earlier: { scope: 'orders', fingerprint: 'of an earlier release' },
      });
      claimed();
      await mayEnd;
      return claim;
    });
    await isClaimed;
    // It does not wait for the request either.
    expect(await cleanUp(2)).toMatchObject({ idempotencyKeys: 4 });
    end();
    expect(await request).toEqual({ status: 'new' });
    expect(await keysLeft()).toEqual([key]);
    expect(await cleanUp(2)).toMatchObject({ idempotencyKeys: 0 });
  });

  it('can run several times at once: each row is deleted, and counted, once', async () => {
    await insertKeys(900, daysAgo(1));
    await insertKeys(7, new Date(Date.now() + DAY_MS));
    const results = await Promise.all([cleanUp(10), cleanUp(10), cleanUp(10)]);
    const total = results.reduce((sum, result) => sum + result.idempotencyKeys, 0);
    // A run ends where others hold what is left; they delete it.
    expect(total).toBe(900);
    expect(await keysLeft()).toHaveLength(7);
  });

  it('works in bounded batches, tells how far it is, and stops between two of them', async () => {
    await insertKeys(50, daysAgo(1));
    const deleted: unknown[] = [];
    const cancelled = cleanUp(10, (env, details) => {
      const { deleted: soFar } = details as { deleted: DeletedRows };
      deleted.push(soFar.idempotencyKeys);
      if (soFar.idempotencyKeys === 20) env.cancel();
    });
    await expect(cancelled).rejects.toBeInstanceOf(CancelledFailure);
    expect(deleted).toEqual([0, 10, 20]);
    expect(await keysLeft()).toHaveLength(30);
  });

  it('goes on with the counts of the attempt before', async () => {
    await insertKeys(5, daysAgo(1));
    const env = new MockActivityEnvironment({
      heartbeatDetails: {
        next: 1,
        deleted: { passwordResets: 4, idempotencyKeys: 10, outboxEntries: 0, failedAttempts: 0 },
      },
    });
    const retentions = {
      PASSWORD_RESET_RETENTION: DAY_MS,
      OUTBOX_RETENTION: DAY_MS,
      FAILED_ATTEMPTS_RETENTION: DAY_MS,
      AUDIT_RETENTION: DAY_MS,
      BULK_RETENTION: DAY_MS,
      WORK_ITEM_RETENTION: DAY_MS,
      MESSAGE_RETENTION: DAY_MS,
    };
    const activities = createCleanUpActivities({ db: service.db, retentions }, 10);
    expect(await env.run(() => activities.deleteExpiredRows())).toMatchObject({
      passwordResets: 4,
      idempotencyKeys: 15,
    });
  });

  it('leaves a bulk job alone whose row is locked, and goes on with the next one', async () => {
    const bulkJob = async (days: number) => {
      const { id } = await service.db
        .insertInto('bulk_jobs')
        .values({ task: 'import-products', ended_at: daysAgo(days), status: 'completed' })
        .returning('id')
        .executeTakeFirstOrThrow();
      await service.db
        .insertInto('bulk_items')
        .values([0, 1, 2].map((position) => ({ bulk_job_id: id, position, payload: '{}', status: 'failed' })))
        .execute();
      return id;
    };
    const held = await bulkJob(50);
    await bulkJob(40);
    const release = await holdRows(service.db, async (trx) => {
      expect(await requeueFailedItems(trx, held)).toBe(3);
    });
    expect(await cleanUp(2)).toMatchObject({ bulkItems: 3, bulkJobs: 1 });
    await release();
    // It is not over any more.
    expect(await cleanUp(2)).toMatchObject({ bulkItems: 0, bulkJobs: 0 });
    const left = await service.db.selectFrom('bulk_items').select('bulk_job_id').execute();
    expect(left.map((item) => item.bulk_job_id)).toEqual([held, held, held]);
  });

  it('finds what has expired by an index, however many rows there are', async () => {
    await insertKeys(2_000, new Date(Date.now() + DAY_MS));
    await sql`ANALYZE idempotency_keys`.execute(service.db);
    const { rows } = await sql<{ 'QUERY PLAN': string }>`
      EXPLAIN SELECT scope, key FROM idempotency_keys WHERE expires_at < now() - interval '1 hour'
      ORDER BY expires_at LIMIT 100`.execute(service.db);
    expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toContain('idempotency_keys_expiry');
  });
});
