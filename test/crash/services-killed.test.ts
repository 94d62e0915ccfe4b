import { sql } from 'kysely';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import type { ServiceView } from '../../packages/durable-jobs/src/hosted-services/read-services.ts';
import { SERVICE_LOCK } from '../../packages/durable-jobs/src/hosted-services/lock.ts';
import { serviceJobId } from '../../packages/durable-jobs/src/hosted-services/host-service.ts';
import { eventually } from '../support/jobs.ts';
import { parseLog, type LogLine } from '../support/log-lines.ts';
import { startWorker, type ServiceProcess } from '../support/processes.ts';
import { useService } from '../support/service.ts';

/** A killed sender's leases on emails last 90 s. */
const PATIENCE_MS = 600_000;

/** Another process takes over within seconds, but not while other tests of this kind keep all cores busy. */
const TAKE_OVER_MS = 180_000;

const service = useService({ workers: false });
const workers: ServiceProcess[] = [];
const frozen: number[] = [];

beforeEach(async () => {
  service.mail.mails.length = 0;
  await service.db.deleteFrom('emails').execute();
  workers.push(await startWorker(service), await startWorker(service));
});
afterEach(async () => {
  for (const pid of frozen.splice(0)) process.kill(pid, 'SIGCONT');
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
});

const view = async (): Promise<ServiceView> =>
  (await service.request('GET', '/api/services/pending-emails')).body as ServiceView;

/** The process that runs the service, by its identity. */
const pidOf = ({ worker }: ServiceView): number => Number(worker?.split('@')[0]);

/** Waits until the service runs, on a process other than the given one, if any. */
const runningElsewhere = (not?: number, withinMs = TAKE_OVER_MS): Promise<ServiceView> =>
  eventually(async () => {
    const found = await view();
    expect(found.state).toBe('running');
    expect(pidOf(found)).not.toBe(not);
    return found;
  }, withinMs);

interface ServiceLogLine extends LogLine {
  serviceId?: string;
  err?: { message: string };
}

/** Emails of another program. */
const insertEmails = (count: number) =>
  sql`INSERT INTO emails (recipient, subject, body_text)
    SELECT 'ada-' || n || '@example.com', 'Hello', 'Hello' FROM generate_series(1, ${count}::integer) AS n`.execute(
    service.db,
  );

const countWith = async (status: 'pending' | 'sent' | 'dead'): Promise<number> => {
  const { n } = await service.db
    .selectFrom('emails')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('status', '=', status)
    .executeTakeFirstOrThrow();
  return n;
};

/** Records the sessions that hold the service's lock, one after the other, until it is stopped. */
function watchLock(): { stop: () => Promise<readonly number[]> } {
  const stopping = new AbortController();
  const watching = (async () => {
    const holders: number[] = [];
    while (!stopping.signal.aborted) {
      const { rows } = await sql<{ pid: number }>`
        SELECT pid FROM pg_locks
        WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND classid::bigint = ${SERVICE_LOCK}
          AND objid::bigint = hashtext('pending-emails')::bigint & 4294967295
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`.execute(
        service.db,
      );
      for (const { pid } of rows) if (pid !== holders.at(-1)) holders.push(pid);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    return holders;
  })();
  const stop = (): Promise<readonly number[]> => {
    stopping.abort();
    return watching;
  };
  onTestFinished(() => void stop());
  return { stop };
}

/** What a worker has logged about its runs of the service. */
async function runLog(worker: ServiceProcess): Promise<ServiceLogLine[]> {
  const lines = parseLog(await worker.output()) as ServiceLogLine[];
  return lines.filter(({ serviceId }) => serviceId === 'pending-emails');
}

/** Returns how many runs of the service have begun on these workers. */
async function countRuns(on: readonly ServiceProcess[]): Promise<number> {
  const lines = (await Promise.all(on.map(runLog))).flat();
  return lines.filter(({ msg }) => msg === 'the service started').length;
}

/** Every email arrived, and none twice except those in progress when their sender died: three connections send at the same time. */
async function expectAllSentOnce(count: number): Promise<void> {
  await eventually(async () => expect(await countWith('sent')).toBe(count), 150_000);
  const ids = service.mail.mails.map(({ messageId }) => messageId);
  expect(new Set(ids).size).toBe(count);
  expect(ids.length - count).toBeLessThanOrEqual(3);
}

it(
  'a service whose worker is killed continues at another, one at a time, and every email is sent once',
  async () => {
    const victim = pidOf(await runningElsewhere());
    const lock = watchLock();
    await insertEmails(1_000);
    await eventually(async () => expect(await countWith('sent')).toBeGreaterThan(200), TAKE_OVER_MS);
    const others = workers.filter(({ pid }) => pid !== victim);
    expect(await countRuns(others)).toBe(0);
    process.kill(victim, 'SIGKILL');
    // Another worker sees that the lock is free: sooner than the heartbeat timeout of 90 s.
    await runningElsewhere(victim, 80_000);
    await expectAllSentOnce(1_000);
    expect(await lock.stop()).toHaveLength(2);
    expect(await countRuns(others)).toBe(1);
  },
  PATIENCE_MS,
);

it(
  'a service whose worker is frozen loses the right to run, and the worker notices when it wakes',
  async () => {
    const victim = pidOf(await runningElsewhere());
    const lock = watchLock();
    await insertEmails(300);
    await eventually(async () => expect(await countWith('sent')).toBeGreaterThan(50), TAKE_OVER_MS);
    process.kill(victim, 'SIGSTOP');
    frozen.push(victim);
    // The engine still gives attempts to the polls of a frozen process, each for the heartbeat timeout, until it
    // notices after about a minute that the connection is dead.
    await runningElsewhere(victim);
    await expectAllSentOnce(300);
    frozen.length = 0;
    process.kill(victim, 'SIGCONT');
    await eventually(async () => {
      const log = await Promise.all(workers.filter(({ pid }) => pid === victim).map(runLog));
      const failures = log
        .flat()
        .flatMap(({ msg, err }) => (msg === 'the service failed' ? [err?.message] : []));
      expect(failures).toEqual(['the lock that lets this worker run the service was lost']);
    });
    await insertEmails(50);
    await expectAllSentOnce(350);
    // It did not get the lock back.
    expect(await lock.stop()).toHaveLength(2);
    expect(pidOf(await view())).not.toBe(victim);
  },
  PATIENCE_MS,
);

it('a service whose worker stops continues on another worker at once', async () => {
  const first = pidOf(await runningElsewhere());
  const { runId } = await service.client.workflow.getHandle(serviceJobId('pending-emails')).describe();
  process.kill(first, 'SIGTERM');
  await runningElsewhere(first);
  // The stopping worker itself ended the run: nothing had to notice that it was gone.
  const run = service.client.workflow.getHandle(serviceJobId('pending-emails'), runId);
  const { events } = await run.fetchHistory();
  const completions = events?.flatMap(
    ({ activityTaskCompletedEventAttributes: done }) => done?.identity ?? [],
  );
  expect(completions?.map((identity) => Number(identity.split('@')[0]))).toEqual([first]);
});
