import { randomUUID } from 'node:crypto';
import { CancelledFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { sql } from 'kysely';
import { beforeEach, describe, expect, it } from 'vitest';
import { createCleanUpActivities } from '../../activities/clean-up.ts';
import type { DeletedRows, DeleteExpiredResult } from '../../contracts/jobs/delete-expired.ts';
import { deleteOldEntries } from '../../packages/durable-jobs/src/jobs/expired-rows.ts';
import type { WorkItemStatus } from '../../packages/durable-jobs/src/work-queue/tables.ts';
import { claimKey } from '../../packages/durable-jobs/src/http/idempotency-keys.ts';
import { requeueFailedItems } from '../../packages/durable-jobs/src/bulk/rows.ts';
import { cleanUp as cleanUpService, createCleanUp } from '../../packages/durable-jobs/src/upkeep/clean-up.ts';
import { holdRows } from '../support/hold-rows.ts';
import { eventually } from '../support/jobs.ts';
import { recordHistory } from '../support/record-history.ts';
import { runJob } from '../support/run-job.ts';
import { runService } from '../support/service-scope.ts';
import { useService } from '../support/service.ts';

const service = useService();
const DAY_MS = 86_400_000;
const daysAgo = (days: number): Date => new Date(Date.now() - days * DAY_MS);

beforeEach(async () => {
  for (const table of [
    'passwordResets',
    'idempotencyKeys',
    'outbox',
    'failedAttempts',
    'bulkJobs',
    'bulkItems',
    'bulkUploads',
    'outgoingMessages',
    'queuedMessages',
    'deadLetters',
    'messageFailures',
  ] as const) {
    await service.db.deleteFrom(table).execute();
  }
});

async function insertKeys(number: number, expiresAt: Date): Promise<void> {
  await service.db
    .insertInto('idempotencyKeys')
    .values(
      Array.from({ length: number }, () => ({
        scope: 'orders',
        key: randomUUID(),
        fingerprint: 'of a body',
        response: null,
        expiresAt,
      })),
    )
    .execute();
}

const keysLeft = async (): Promise<string[]> =>
  (await service.db.selectFrom('idempotencyKeys').select('key').execute()).map((row) => row.key);

const retentions = {
  PASSWORD_RESET_RETENTION: 7 * DAY_MS,
  OUTBOX_RETENTION: 7 * DAY_MS,
  FAILED_ATTEMPTS_RETENTION: 30 * DAY_MS,
  AUDIT_RETENTION: 365 * DAY_MS,
  BULK_RETENTION: 30 * DAY_MS,
  WORK_ITEM_RETENTION: 7 * DAY_MS,
  MESSAGE_RETENTION: 7 * DAY_MS,
};

/** The activity as a worker runs it, with small batches; `onHeartbeat` is called with every heartbeat. */
function cleanUp(
  batch: number,
  onHeartbeat?: (env: MockActivityEnvironment, details: unknown) => void,
): Promise<DeletedRows> {
  const env = new MockActivityEnvironment();
  env.on('heartbeat', (details: unknown) => onHeartbeat?.(env, details));
  const activities = createCleanUpActivities({ db: service.db, retentions }, batch);
  return env.run(() => activities.deleteExpiredRows());
}

describe('the clean-up', () => {
  it('deletes expired rows and nothing else, and counts them', async () => {
    const resets = (
      rows: { requestedAt: Date; expiresAt?: Date; accountKey?: string; tokenHash?: string }[],
    ) =>
      service.db
        .insertInto('passwordResets')
        .values(rows.map((row) => ({ email: 'ada@example.com', ...row })))
        .execute();
    await resets([
      { requestedAt: daysAgo(8), expiresAt: daysAgo(8), tokenHash: 'expired' },
      { requestedAt: daysAgo(8) },
    ]);
    await resets([
      { requestedAt: daysAgo(6), expiresAt: daysAgo(6), tokenHash: 'expired lately' },
      { requestedAt: daysAgo(8), expiresAt: new Date(Date.now() + DAY_MS), tokenHash: 'sent late' },
      { requestedAt: daysAgo(8), accountKey: 'waits for the engine' },
    ]);
    await insertKeys(3, daysAgo(1));
    await insertKeys(2, new Date(Date.now() + DAY_MS));
    const outbox = (jobId: string, dispatchedAt: Date | null, outcome: 'dead' | 'discarded' | null = null) =>
      service.db
        .insertInto('outbox')
        .values({
          jobType: 'sendPasswordReset',
          jobId,
          input: '{}',
          nextAttemptAt: new Date('2099-01-01'),
          createdAt: daysAgo(9),
          dispatchedAt,
          outcome,
          droppedAt: outcome && daysAgo(8),
        })
        .execute();
    await outbox('send-password-reset:made', daysAgo(8));
    await outbox('send-password-reset:made-lately', daysAgo(6));
    await outbox('send-password-reset:waits for the engine', null);
    await outbox('send-password-reset:dead', null, 'dead');
    await outbox('send-password-reset:discarded', null, 'discarded');
    const attempts = (runId: string, days: number, attempt: number) =>
      service.db
        .insertInto('failedAttempts')
        .values({
          jobId: 'return-payment:1',
          runId,
          activityId: '1',
          activityType: 'returnPayment',
          attempt,
          startedAt: daysAgo(days),
          endedAt: daysAgo(days),
          errorCode: 'PaymentProviderUnavailable',
          errorMessage: 'away',
        })
        .execute();
    await attempts('ended long ago', 40, 1);
    await attempts('ended long ago', 39, 2);
    await attempts('still fails', 40, 1);
    await attempts('still fails', 1, 2);

    const bulkJob = async (query: string, endedAt: Date | null) => {
      const { id } = await service.db
        .insertInto('bulkJobs')
        .values({ task: 'reprice-orders', query, endedAt, status: endedAt ? 'completed' : 'running' })
        .returning('id')
        .executeTakeFirstOrThrow();
      await service.db
        .insertInto('bulkItems')
        .values([0, 1].map((position) => ({ bulkJobId: id, position, payload: '{}' })))
        .execute();
    };
    await bulkJob('ended long ago', daysAgo(40));
    await bulkJob('ended lately', daysAgo(29));
    await bulkJob('not over', null);

    const upload = async (received: number, leaseExpiresAt: Date) => {
      const { id } = await service.db
        .insertInto('bulkUploads')
        .values({ id: randomUUID(), received, leaseExpiresAt })
        .returning('id')
        .executeTakeFirstOrThrow();
      const positions = Array.from({ length: received }, (_, position) => position);
      await service.db
        .insertInto('bulkItems')
        .values(positions.map((position) => ({ bulkJobId: id, position, payload: '{}' })))
        .execute();
      return id;
    };
    await upload(2, daysAgo(1));
    await upload(3, new Date(Date.now() - 1_000));
    const uploading = await upload(4, new Date(Date.now() + DAY_MS));

    const workItem = (dedupeKey: string, status: WorkItemStatus, endedAt: Date | null) =>
      service.db
        .insertInto('workItems')
        .values({
          kind: 'adjust-stock',
          payload: '{}',
          dedupeKey,
          status,
          endedAt,
          notBefore: daysAgo(-1),
        })
        .execute();
    await workItem('completed long ago', 'completed', daysAgo(8));
    await workItem('completed lately', 'completed', daysAgo(6));
    await workItem('dead', 'dead', daysAgo(99));
    await workItem('pending', 'pending', null);
    const audited = (target: string, days: number) =>
      service.db
        .insertInto('auditEntries')
        .values({ actorId: 'key', actorName: 'Ada', target, at: daysAgo(days) })
        .execute();
    await audited('/api/long-ago', 366);
    await audited('/api/lately', 364);
    const message = { queue: 'orders-queue', body: Buffer.from('{}') };
    await service.db
      .insertInto('outgoingMessages')
      .values([
        { ...message, messageId: 'published', publishedAt: daysAgo(8) },
        { ...message, messageId: 'published lately', publishedAt: daysAgo(6) },
        { ...message, messageId: 'not published', createdAt: daysAgo(80) },
      ])
      .execute();
    await service.db
      .insertInto('queuedMessages')
      .values([
        { ...message, status: 'accepted', settledAt: daysAgo(8) },
        { ...message, status: 'dead', settledAt: daysAgo(8) },
        { ...message, status: 'accepted', settledAt: daysAgo(6) },
        { ...message, status: 'ready', queuedAt: daysAgo(80) },
      ])
      .execute();
    const letter = {
      ...message,
      reasonCode: 'invalid_json',
      reason: 'It is not JSON.',
      firstSeenAt: daysAgo(80),
    };
    await service.db
      .insertInto('deadLetters')
      .values([
        { ...letter, digest: '1', status: 'requeued', resolvedAt: daysAgo(8) },
        { ...letter, digest: '2', status: 'discarded', resolvedAt: daysAgo(8) },
        { ...letter, digest: '3', status: 'discarded', resolvedAt: daysAgo(6) },
        { ...letter, digest: '4' },
      ])
      .execute();
    await service.db
      .insertInto('messageFailures')
      .values([
        { queue: 'orders-queue', messageKey: 'long ago', lastFailedAt: daysAgo(8) },
        { queue: 'orders-queue', messageKey: 'lately', lastFailedAt: daysAgo(6) },
      ])
      .execute();

    const cancellation = { jobId: 'run-daily-report:2026-01-01', upToEntryId: 0 };
    await service.db
      .insertInto('jobCancellations')
      .values([
        { ...cancellation, endedAt: daysAgo(8), outcome: 'nothing_to_cancel' },
        { ...cancellation, endedAt: daysAgo(6), outcome: 'nothing_to_cancel' },
        { ...cancellation, createdAt: daysAgo(8), nextAttemptAt: daysAgo(-1) },
      ])
      .execute();
    await service.db
      .insertInto('jobGroups')
      .values([
        { id: 'forgotten', createdAt: daysAgo(9) },
        { id: 'has an open job', createdAt: daysAgo(9) },
        { id: 'is new', createdAt: daysAgo(6) },
        { id: 'is closed', createdAt: daysAgo(9), closedAt: daysAgo(9) },
      ])
      .execute();
    const member = {
      awaitedEnd: null,
      heldEntryId: null,
      jobId: 'run-daily-report:2026-01-01',
      upToEntryId: 0,
    };
    await service.db
      .insertInto('awaitedJobs')
      .values([
        { ...member, groupId: 'forgotten', endedAt: daysAgo(8), endedAs: 'completed' },
        { ...member, groupId: 'has an open job' },
      ])
      .execute();

    const job = await runJob(service, 'deleteExpired', {});
    const groups = await service.db.selectFrom('jobGroups').select('id').orderBy('id').execute();
    expect(groups.map(({ id }) => id)).toEqual(['has an open job', 'is closed', 'is new']);
    const deleted = {
      passwordResets: 2,
      idempotencyKeys: 3,
      outboxEntries: 2,
      jobCancellations: 1,
      openGroups: 1,
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
      total: 29,
    });
    const left = await service.db.selectFrom('passwordResets').select(['tokenHash', 'accountKey']).execute();
    expect(left.map((row) => row.tokenHash ?? row.accountKey).toSorted()).toEqual([
      'expired lately',
      'sent late',
      'waits for the engine',
    ]);
    expect(await keysLeft()).toHaveLength(2);
    const starts = await service.db
      .selectFrom('outbox')
      .select('jobId')
      .where('jobType', '=', 'sendPasswordReset')
      .orderBy('id')
      .execute();
    expect(starts.map(({ jobId }) => jobId?.split(':')[1])).toEqual([
      'made-lately',
      'waits for the engine',
      'dead',
    ]);
    const runs = await service.db.selectFrom('failedAttempts').select('runId').execute();
    expect(runs.map((row) => row.runId)).toEqual(['still fails', 'still fails']);
    const bulkJobs = await service.db.selectFrom('bulkJobs').select('query').orderBy('query').execute();
    expect(bulkJobs.map(({ query }) => query)).toEqual(['ended lately', 'not over']);
    const uploads = await service.db.selectFrom('bulkUploads').select(['id', 'received']).execute();
    expect(uploads).toEqual([{ id: uploading, received: 4 }]);
    const uploaded = await service.db
      .selectFrom('bulkItems')
      .select('position')
      .where('bulkJobId', 'not in', (jobs) => jobs.selectFrom('bulkJobs').select('id'))
      .execute();
    expect(uploaded).toHaveLength(4);
    const items = await service.db.selectFrom('workItems').select('dedupeKey').orderBy('dedupeKey').execute();
    expect(items.map(({ dedupeKey }) => dedupeKey)).toEqual(['completed lately', 'dead', 'pending']);
    const entries = await service.db.selectFrom('auditEntries').select('target').execute();
    expect(entries.map(({ target }) => target)).toEqual(['/api/lately']);
    const outgoing = await service.db
      .selectFrom('outgoingMessages')
      .select('messageId')
      .orderBy('id')
      .execute();
    expect(outgoing.map((row) => row.messageId)).toEqual(['published lately', 'not published']);
    const letters = await service.db.selectFrom('deadLetters').select('digest').orderBy('digest').execute();
    expect(letters.map((row) => row.digest)).toEqual(['3', '4']);
    await recordHistory(service, job.id, 'completed');

    const again = await runJob(service, 'deleteExpired', {});
    expect(again.result).toMatchObject({ total: 0 });
  });

  it('keeps of the starts that were replaced those that others wait for or that may still be made', async () => {
    const outcomes = { replaced: 8, dead: 8, started: 1, waiting: null };
    /** Inserts merged starts, the oldest first, and returns the id of the last one, which stands for the others. */
    const merge = async (name: string, ...starts: [job: string, outcome: keyof typeof outcomes][]) => {
      let [mergeId, last] = [0, 0];
      for (const [job, outcome] of starts) {
        const days = outcomes[outcome];
        const at = days === null ? null : daysAgo(days);
        const { rows } = await sql<{ id: number }>`
          INSERT INTO outbox (job_type, job_id, input, next_attempt_at, outcome, dispatched_at, dropped_at)
          VALUES ('sendPasswordReset', ${`${name}:${job}`}, '{}', '2099-01-01', ${days === null ? null : outcome},
            ${outcome === 'started' ? at : null}, ${outcome === 'started' ? null : at})
          RETURNING id`.execute(service.db);
        last = rows[0]?.id ?? 0;
        mergeId ||= last;
        await sql`UPDATE outbox SET merge_id = ${mergeId} WHERE id = ${last}`.execute(service.db);
      }
      return last;
    };
    const wait = (jobId: string, upTo: number, unmade: number | null = null) =>
      sql`INSERT INTO awaited_jobs (group_id, job_id, up_to_entry_id, ended_at, ended_as, unmade_entry_id)
        VALUES ('merged', ${jobId}, ${upTo}, ${unmade && new Date()}, ${unmade && 'not_started'}, ${unmade})`.execute(
        service.db,
      );
    await sql`INSERT INTO job_groups (id) VALUES ('merged')`.execute(service.db);
    await merge('open', ['old', 'replaced'], ['other', 'replaced'], ['own', 'replaced'], ['own', 'waiting']);
    const made = await merge('made', ['awaited', 'replaced'], ['other', 'replaced'], ['own', 'started']);
    await wait('made:awaited', made);
    const dead = await merge('dead', ['awaited', 'replaced'], ['old', 'replaced'], ['own', 'dead']);
    await wait('dead:awaited', dead, dead);
    await merge('gone', ['awaited', 'replaced']);
    await deleteOldEntries(service.db, retentions, 100);
    const kept = await service.db.selectFrom('outbox').select('jobId').orderBy('id').execute();
    expect(kept.map(({ jobId }) => jobId)).toEqual([
      'open:other',
      'open:own',
      'made:awaited',
      'made:own',
      'dead:awaited',
      'dead:old',
      'dead:own',
    ]);
    await service.db.deleteFrom('jobGroups').execute();
  });

  it('skips a key that a request takes over at that moment', async () => {
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
    // A run ends if others hold the remaining rows, which they delete.
    expect(total).toBe(900);
    expect(await keysLeft()).toHaveLength(7);
  });

  it('works in bounded batches, reports its progress, and stops between two of them', async () => {
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

  it('continues with the counts of the previous attempt', async () => {
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

  it('skips a bulk job whose row is locked, and continues with the next one', async () => {
    const bulkJob = async (days: number) => {
      const { id } = await service.db
        .insertInto('bulkJobs')
        .values({ task: 'import-products', endedAt: daysAgo(days), status: 'completed' })
        .returning('id')
        .executeTakeFirstOrThrow();
      await service.db
        .insertInto('bulkItems')
        .values([0, 1, 2].map((position) => ({ bulkJobId: id, position, payload: '{}', status: 'failed' })))
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
    // It has not expired any more.
    expect(await cleanUp(2)).toMatchObject({ bulkItems: 0, bulkJobs: 0 });
    const left = await service.db.selectFrom('bulkItems').select('bulkJobId').execute();
    expect(left.map((item) => item.bulkJobId)).toEqual([held, held, held]);
  });

  it('finds expired rows through an index, however many rows there are', async () => {
    await insertKeys(2_000, new Date(Date.now() + DAY_MS));
    await sql`ANALYZE idempotency_keys`.execute(service.db);
    const { rows } = await sql<{ 'QUERY PLAN': string }>`
      EXPLAIN SELECT scope, key FROM idempotency_keys WHERE expires_at < now() - interval '1 hour'
      ORDER BY expires_at LIMIT 100`.execute(service.db);
    expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toContain('idempotency_keys_expiry');
  });
});

describe("the library's own clean-up, a hosted service", () => {
  it('deletes expired rows of the library, batch by batch, and leaves the rows of the application alone', async () => {
    await service.db.deleteFrom('idempotencyKeys').execute();
    await insertKeys(5, daysAgo(1));
    await insertKeys(1, new Date(Date.now() + DAY_MS));
    await service.db
      .insertInto('passwordResets')
      .values({ email: 'ada@example.com', requestedAt: daysAgo(30), accountKey: 'left alone' })
      .execute();
    const resets = () =>
      service.db.selectFrom('passwordResets').where('accountKey', '=', 'left alone').select('id').execute();
    const running = runService(cleanUpService.id, createCleanUp(retentions, 2), {
      db: service.db,
      databaseUrl: service.databaseUrl,
    });
    await eventually(async () => expect(await keysLeft()).toHaveLength(1));
    await running.stop();
    expect(running.reports.reduce((sum, { processed = 0 }) => sum + processed, 0)).toBeGreaterThanOrEqual(5);
    expect(await resets()).toHaveLength(1);
  });
});
