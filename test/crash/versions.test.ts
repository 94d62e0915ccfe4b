import { afterEach, expect, it } from 'vitest';
import { pinRuns } from '../../packages/durable-jobs/src/engine/move-runs.ts';
import type { JobDefinition } from '../../packages/durable-jobs/src/jobs/job-definition.ts';
import { enqueueStart } from '../../packages/durable-jobs/src/jobs/outbox/enqueue.ts';
import { eventually } from '../support/jobs.ts';
import { useOwnEngine } from '../support/own-engine.ts';
import { startOtherWorker, type ServiceProcess } from '../support/processes.ts';
import { releaseSignal } from '../support/releases/hold.ts';
import { hold, ship, sign, track } from '../support/releases/jobs.ts';
import { runCommand } from '../support/run-command.ts';
import { useService } from '../support/service.ts';

const PATIENCE_MS = 180_000;

// Otherwise, the engine needs minutes to notice that a version has drained, and that its workers have gone.
const engine = useOwnEngine([
  'matching.wv.VersionDrainageStatusRefreshInterval="1s"',
  'matching.wv.VersionDrainageStatusVisibilityGracePeriod="1s"',
  // An idle worker polls again after the first of these, and one that is gone is listed for the second.
  'matching.longPollExpirationInterval="2s"',
  'matching.PollerHistoryTTL="8s"',
]);
const service = useService({
  workers: false,
  temporalAddress: () => engine.address(),
  jobs: [sign, ship, track, hold],
});
const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function startRelease(release: 'first' | 'second'): Promise<ServiceProcess> {
  const worker = await startOtherWorker(service, 'test/support/releases/worker.ts', {
    RELEASE: release,
    WORKER_DEPLOYMENT: 'shop',
    WORKER_BUILD_ID: release,
    WORKER_REPLAY: 'refuse',
  });
  stops.push(() => worker.stop());
  return worker;
}

async function deployment(...args: string[]): Promise<string> {
  const { code, out, err } = await runCommand(service, 'local/deployment.ts', args, {
    WORKER_DEPLOYMENT: 'shop',
  });
  return code === 0 ? out : `exit ${code}: ${err}`;
}

/** Starts a job of each kind again and again. `ids` are the jobs that were accepted. */
function startLoad(): {
  ids: Map<string, string>;
  /** Starts no more jobs of a kind. */
  leaveOut: (job: JobDefinition) => void;
  stop: () => Promise<void>;
} {
  const ids = new Map<string, string>();
  const kinds = new Set<JobDefinition>([sign, ship, track]);
  const stopping = new AbortController();
  const start = async (job: JobDefinition, number: number): Promise<void> => {
    const entry = await service.db.transaction().execute((trx) => enqueueStart(trx, job, { number }));
    ids.set(entry.jobId, job.type);
    await service.dispatcher.dispatch(entry);
  };
  const loop = async (): Promise<void> => {
    for (let number = 1; !stopping.signal.aborted; number++) {
      // They begin at the same time as others end.
      await Promise.all([...kinds].map((job) => start(job, number)));
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  const running = loop();
  const stop = (): Promise<void> => {
    stopping.abort();
    return running;
  };
  stops.push(stop);
  return { ids, leaveOut: (job) => kinds.delete(job), stop };
}

/** Waits until a job of each kind that started since then has run on a version. */
async function untilStartedOn(version: string, since: Date, jobs = [sign, ship, track]): Promise<void> {
  for (const { type } of jobs) {
    const query = `TemporalWorkerDeploymentVersion = 'shop:${version}' AND WorkflowType = '${type}' AND StartTime > '${since.toISOString()}'`;
    await eventually(async () => {
      expect((await service.client.workflow.count(query)).count, query).toBeGreaterThanOrEqual(1);
    }, PATIENCE_MS);
  }
}

/** Waits until a service that runs on one worker runs on this one, and it also processes work items. */
async function untilServicesRunOn({ pid }: ServiceProcess): Promise<void> {
  const name = expect.stringMatching(new RegExp(`^${pid}@`)) as string;
  await eventually(async () => {
    const [relay, items] = await Promise.all(
      ['outbox-relay', 'work-queue'].map((id) => service.request('GET', `/api/services/${id}`)),
    );
    expect(relay?.body).toMatchObject({ state: 'running', worker: name });
    expect(items?.body).toMatchObject({
      workers: expect.arrayContaining([expect.objectContaining({ worker: name })]) as unknown[],
    });
  }, PATIENCE_MS);
}

/** Waits until the index of runs has the version of each job of the kind `track`. */
async function untilIndexed(ids: ReadonlyMap<string, string>): Promise<void> {
  const count = [...ids.values()].filter((type) => type === track.type).length;
  const query = `WorkflowType = '${track.type}' AND TemporalWorkerDeploymentVersion IS NOT NULL`;
  await eventually(async () => {
    expect((await service.client.workflow.count(query)).count).toBeGreaterThanOrEqual(count);
  }, PATIENCE_MS);
}

async function stepsOf(id: string): Promise<string[]> {
  const { steps } = (await service.client.workflow.getHandle(id).result()) as { steps: string[] };
  return steps;
}

const releasesIn = (steps: readonly string[]): Set<string> =>
  new Set(steps.map((step) => step.split(' ').at(-1) ?? ''));

it('upgrades and goes back under load: no job fails or waits, pinned jobs stay on their version, and the version is retired', async () => {
  const beginning = new Date();
  await startRelease('first');
  expect(await deployment('promote', 'first')).toContain('first is the current version of shop');
  const load = startLoad();
  await untilStartedOn('first', beginning);

  const second = await startRelease('second');
  expect(await deployment('ramp', 'second', '10')).toContain('10 % of the new jobs');
  const promotedAt = new Date();
  expect(await deployment('promote', 'second')).toContain(
    'second is the current version of shop, instead of first.',
  );
  await untilStartedOn('second', promotedAt);
  expect(await deployment('retire', 'second')).toMatch(/^exit 1: second is current/);

  // One that starts at the moment of the change may begin to move before the command can pin it.
  load.leaveOut(track);
  await untilIndexed(load.ids);
  expect(await deployment('rollback', 'first')).toMatch(
    /first is the current version of shop again, instead of second\..*\nJobs that second had advanced and that are now pinned there: \d+\./,
  );
  const wentBackAt = new Date();
  // Each starts although it does not replay the jobs that are pinned to the other version, and that may not have ended yet.
  const [, another] = await Promise.all([startRelease('first'), startRelease('second')]);
  await untilStartedOn('first', wentBackAt, [sign, ship]);
  await load.stop();

  const used = new Map<string, Set<string>>();
  for (const [id, type] of load.ids) {
    const releases = releasesIn(await eventually(() => stepsOf(id), PATIENCE_MS));
    if (type !== 'track') expect(releases.size, id).toBe(1);
    for (const release of releases) used.set(type, (used.get(type) ?? new Set()).add(release));
  }
  // Both releases have run jobs of each kind.
  for (const type of ['sign', 'ship', 'track']) expect(used.get(type)?.size, type).toBe(2);
  await eventually(async () => {
    const others = `WorkflowType IN ('sign', 'ship', 'track') AND ExecutionStatus != 'Completed'`;
    expect((await service.client.workflow.count(others)).count).toBe(0);
  }, PATIENCE_MS);

  await eventually(async () => {
    expect(await deployment('list')).toMatch(/^second +drained +0 +0 /m);
  }, PATIENCE_MS);
  await Promise.all([second.stop(), another.stop()]);
  await eventually(async () => {
    expect(await deployment('retire', 'second')).toBe('second of shop is retired.\n');
  }, PATIENCE_MS);
  expect(await deployment('list')).not.toContain('second');
});

it('ends a ramp and goes back, with the jobs that a version has advanced or without them, and moves the services', async () => {
  const [first, second] = await Promise.all([startRelease('first'), startRelease('second')]);
  expect(await deployment('promote', 'first')).toContain('first is ');
  await untilServicesRunOn(first);
  const { client } = service;
  // Each begins on the second release.
  const held = async (number: number): Promise<string> => {
    const entry = await service.db.transaction().execute((trx) => enqueueStart(trx, hold, { number }));
    await service.dispatcher.dispatch(entry);
    const query = `WorkflowId = '${entry.jobId}' AND TemporalWorkerDeploymentVersion = 'shop:second'`;
    await eventually(async () => {
      expect((await client.workflow.count(query)).count).toBe(1);
    }, PATIENCE_MS);
    return entry.jobId;
  };
  const lastStepOf = async (id: string): Promise<string | undefined> => {
    await client.workflow.getHandle(id).signal(releaseSignal);
    return (await eventually(() => stepsOf(id), PATIENCE_MS)).at(-1);
  };

  expect(await deployment('ramp', 'second', '100')).toContain('to go back, `deployment rollback first`');
  const [kept, unpinned] = [await held(1), await held(2)];
  expect(await deployment('ramp', 'second', '0')).toMatch(
    /The ramp to second of shop has ended: all new jobs start on first\..*\nJobs that second had advanced and that are now pinned there: 2\./,
  );
  expect(await lastStepOf(kept)).toBe('give second');
  expect(await deployment('retire', 'second')).toMatch(/^exit 1: Open jobs are pinned to second \(/);
  expect(await deployment('move', '--from', 'second', '--unpin', '--type', 'hold')).toContain(
    'Jobs on second of shop without a pin of an operator: 1.',
  );
  expect(await lastStepOf(unpinned)).toBe('give first');

  expect(await deployment('promote', 'second')).toContain('instead of first');
  await untilServicesRunOn(second);
  const follower = await held(3);
  expect(await deployment('rollback', 'first', '--follow')).toMatch(
    /^first is the current version of shop again/,
  );
  expect(await lastStepOf(follower)).toBe('give first');
  await untilServicesRunOn(first);
});

it('says of a job that waits which version has no worker, and moves it to one that has', async () => {
  const gone = await startRelease('first');
  await deployment('promote', 'first');
  await gone.stop();
  const entry = await service.db.transaction().execute((trx) => enqueueStart(trx, ship, { number: 100_000 }));
  await service.dispatcher.dispatch(entry);
  const untilExplained = (sentence: string): Promise<void> =>
    eventually(async () => {
      const { body } = await service.request('GET', `/api/jobs/${entry.jobId}/why`);
      expect(body).toMatchObject({
        code: 'no_worker',
        sentence: expect.stringContaining(sentence) as string,
      });
    }, PATIENCE_MS);
  await untilExplained('No worker of the current version first of shop polls the queue jobs');

  const { client } = service;
  const { runId } = await client.workflow.getHandle(entry.jobId).describe();
  const version = { deploymentName: 'shop', buildId: 'second' };
  const pinned = await pinRuns(client, [{ workflowId: entry.jobId, runId }], version);
  expect(pinned.failed).toEqual([]);
  await untilExplained(
    'The job is pinned to version second of shop, and no worker of that version polls the queue jobs',
  );

  const move = ['move', '--from', 'second', '--type', 'ship', '--to'];
  expect(await deployment(...move, 'third')).toMatch(/^exit 1: shop has no version third: /);
  expect(await deployment(...move, 'first')).toMatch(/^exit 1: None of the workers of first polls .*jobs/);
  await startRelease('first');
  expect(await deployment(...move, 'first')).toMatch(/^Jobs moved from second to first of shop: [1-9]/);
  expect(releasesIn(await stepsOf(entry.jobId))).toEqual(new Set(['first']));
});
