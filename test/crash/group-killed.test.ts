import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterEach, expect, it } from 'vitest';
import { refreshStatistics } from '../../contracts/jobs/refresh-statistics.ts';
import { sendWelcomeEmail } from '../../contracts/jobs/send-welcome-email.ts';
import { enqueueGroup, startOf } from '../../packages/durable-jobs/src/jobs/enqueue/enqueue-group.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { startWorker, type ServiceProcess } from '../support/processes.ts';
import { seedUser } from '../support/seed-shop.ts';
import { useService } from '../support/service.ts';

const service = useService({ workers: false });
const workers: ServiceProcess[] = [];
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
});

interface Group {
  state: string;
  counts: { total: number; pending: number; completed: number };
}

it('completes once although each worker that watches it is killed in its middle', async () => {
  const userIds: string[] = [];
  for (let n = 0; n < 60; n++) userIds.push(await seedUser(service.db, new Date()));
  const client = new pg.Client({ connectionString: service.databaseUrl });
  await client.connect();
  const dedupeKey = `done-${randomUUID()}`;
  const { groupId, completionJobId } = await enqueueGroup(
    client,
    userIds.map((userId) => startOf(sendWelcomeEmail, { userId })),
    { onCompletion: { job: refreshStatistics, input: {}, dedupeKey } },
  );
  await client.end();
  const group = async () => (await service.request('GET', `/api/groups/${groupId}`)).body as Group;

  for (const ended of [1, 20]) {
    const worker = await startWorker(service);
    await eventually(async () => {
      const { counts } = await group();
      expect(counts.completed).toBeGreaterThanOrEqual(ended);
    }, 180_000);
    await worker.kill();
  }
  workers.push(await startWorker(service));
  await eventually(async () => expect(await group()).toMatchObject({ state: 'completed' }), 120_000);
  expect((await group()).counts).toMatchObject({ total: 60, pending: 0, completed: 60 });
  await jobWithStatus(service, completionJobId, 'completed');
  const starts = await service.db
    .selectFrom('outbox')
    .select(['outcome', 'runId'])
    .where('jobId', '=', completionJobId)
    .execute();
  expect(starts).toEqual([{ outcome: 'started', runId: expect.any(String) as string }]);
  // A worker that dies between the server's response and the mark leaves an email that is sent again, with the same
  // Message-ID.
  expect(new Set(service.mail.mails.map(({ messageId }) => messageId)).size).toBe(60);
});
