import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { inParallel } from '../../packages/durable-jobs/src/process/in-parallel.ts';
import { pinRuns } from '../../packages/durable-jobs/src/engine/move-runs.ts';
import type { JobDefinition } from '../../packages/durable-jobs/src/jobs/job-definition.ts';
import { enqueueStart } from '../../packages/durable-jobs/src/jobs/outbox/enqueue.ts';
import { bundleOf } from '../../packages/durable-jobs/src/testing/workflow-source.ts';
import type { OpenRun } from '../../packages/durable-jobs/src/worker/replay/choose-sample.ts';
import { findOpenRuns } from '../../packages/durable-jobs/src/worker/replay/find-open-runs.ts';
import type { OwnVersion } from '../../packages/durable-jobs/src/worker/replay/next-task-of.ts';
import { eventually } from '../support/jobs.ts';
import { useOwnEngine } from '../support/own-engine.ts';
import { startOtherWorker, type ServiceProcess } from '../support/processes.ts';
import { continueSignal, releaseSignal } from '../support/releases/signals.ts';
import { check, hold, ship, sign, track } from '../support/releases/jobs.ts';
import { runCommand } from '../support/run-command.ts';
import { useService } from '../support/service.ts';

const PATIENCE_MS = 180_000;

// Otherwise, the engine needs minutes to notice that a version has drained, and that its workers have gone.
const engine = useOwnEngine([
  'matching.wv.VersionDrainageStatusRefreshInterval="1s"',
  'matching.wv.VersionDrainageStatusVisibilityGracePeriod="1s"',
  // An idle worker polls again after the first of these, and one that is gone is listed for the second.
  'matching.longPollExpirationInterval="2s"',
  'matching.PollerHistoryTTL="20s"',
]);
const service = useService({
  workers: false,
  temporalAddress: () => engine.address(),
  jobs: [sign, ship, track, hold, check],
});
const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

type Release = 'first' | 'second';

/** The folder of the releases' workflows, bundled once for all of their workers. */
let folder = '';
const bundleFile = (release: Release): string => join(folder, `${release}.js`);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'durable-jobs-test-'));
  for (const release of ['first', 'second'] as const) {
    const bundle = await bundleOf(new URL(`../support/releases/${release}.ts`, import.meta.url));
    if ('code' in bundle) await writeFile(bundleFile(release), bundle.code);
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function startRelease(release: Release): Promise<ServiceProcess> {
  const worker = await startOtherWorker(service, 'test/support/releases/worker.ts', {
    RELEASE_BUNDLE: bundleFile(release),
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
  /** Starts jobs of one kind without a pause. */
  burst: (job: JobDefinition, count: number) => Promise<void>;
  stop: () => Promise<void>;
} {
  const ids = new Map<string, string>();
  const stopping = new AbortController();
  const start = async (job: JobDefinition, number: number): Promise<void> => {
    const entry = await service.db.transaction().execute((trx) => enqueueStart(trx, job, { number }));
    ids.set(entry.jobId, job.type);
    await service.dispatcher.dispatch(entry);
  };
  const loop = async (): Promise<void> => {
    for (let number = 1; !stopping.signal.aborted; number++) {
      // They begin at the same time as others end.
      await Promise.all([sign, ship, track].map((job) => start(job, number)));
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  const running = loop();
  const stop = (): Promise<void> => {
    stopping.abort();
    return running;
  };
  stops.push(stop);
  const burst = async (job: JobDefinition, count: number): Promise<void> => {
    for (let number = 1; number <= count; number++) await start(job, 10_000 + number);
  };
  return { ids, burst, stop };
}

/** Waits until a job of each kind that started since then has run on a version. */
async function untilStartedOn(version: string, since: Date): Promise<void> {
  for (const { type } of [sign, ship, track]) {
    const query = `TemporalWorkerDeploymentVersion = 'shop:${version}' AND WorkflowType = '${type}' AND StartTime > '${since.toISOString()}'`;
    await eventually(async () => {
      expect((await service.client.workflow.count(query)).count, query).toBeGreaterThanOrEqual(1);
    }, PATIENCE_MS);
  }
}

/** Waits until a service that runs on one worker runs on this one, and it alone processes work items. */
async function untilServicesRunOn({ pid }: ServiceProcess): Promise<void> {
  const name = expect.stringMatching(new RegExp(`^${pid}@`)) as string;
  await eventually(async () => {
    const [relay, items] = await Promise.all(
      ['outbox-relay', 'work-queue'].map((id) => service.request('GET', `/api/services/${id}`)),
    );
    expect(relay?.body).toMatchObject({ state: 'running', worker: name });
    expect(items?.body).toMatchObject({ workers: [{ worker: name }] });
  }, PATIENCE_MS);
}

async function stepsOf(id: string): Promise<string[]> {
  const { steps } = (await service.client.workflow.getHandle(id).result()) as { steps: string[] };
  return steps;
}

const releasesIn = (steps: readonly string[]): Set<string> =>
  new Set(steps.map((step) => step.split(' ').at(-1) ?? ''));

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
  // A worker of the second release finds both in its sample before it starts, and one of the first release does not.
  const foundBy = async (own: OwnVersion): Promise<string[]> => {
    const search = { client, taskQueue: 'jobs', types: [hold.type], own };
    const found: OpenRun[][] = [];
    for await (const { runs } of findOpenRuns(search, 5, { pageSize: 1 })) found.push([...runs]);
    // The newest of all types come first, wherever they go next.
    const ofType = found
      .slice(1)
      .flat()
      .filter(({ type }) => type === hold.type);
    return ofType.map(({ workflowId }) => workflowId).toSorted();
  };
  const version = (buildId: string) => ({ deploymentName: 'shop', buildId });
  await eventually(async () => {
    expect(await foundBy({ version: version('second'), state: 'draining' })).toEqual(
      [kept, unpinned].toSorted(),
    );
    expect(await foundBy({ version: version('first'), state: 'current' })).toEqual([]);
  }, PATIENCE_MS);
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

it('brings jobs back that began to move before they were pinned, with the signals and the cancellations that they got meanwhile', async () => {
  await Promise.all([startRelease('first'), startRelease('second')]);
  await deployment('promote', 'first');
  expect(await deployment('promote', 'second')).toMatch(/second is (already )?the current version of shop/);
  const { client } = service;
  const version = { deploymentName: 'shop', buildId: 'second' };
  const begun = await Promise.all(
    [1, 2].map(async (number) => {
      const entry = await service.db.transaction().execute((trx) => enqueueStart(trx, check, { number }));
      await service.dispatcher.dispatch(entry);
      const query = `WorkflowId = '${entry.jobId}' AND TemporalWorkerDeploymentVersion = 'shop:second'`;
      await eventually(async () => {
        expect((await client.workflow.count(query)).count).toBe(1);
      }, PATIENCE_MS);
      const { runId } = await client.workflow.getHandle(entry.jobId).describe();
      return { workflowId: entry.jobId, runId, version };
    }),
  );
  const [signalled, cancelled] = begun.map(({ workflowId }) => client.workflow.getHandle(workflowId));
  const describeEach = () =>
    Promise.all(begun.map(({ workflowId }) => client.workflow.getHandle(workflowId).describe()));
  // Each waits for a signal, after its first step.
  await eventually(async () => {
    for (const { raw } of await describeEach()) {
      expect(raw.pendingActivities ?? []).toEqual([]);
      expect(raw.pendingWorkflowTask).toBeFalsy();
      expect(Number(raw.workflowExecutionInfo?.historyLength)).toBeGreaterThan(7);
    }
  }, PATIENCE_MS);

  expect(await deployment('rollback', 'first', '--follow')).toContain('first is the current version');
  // The next step of each is tried on the first release, which does not know the decision of the second.
  for (const { workflowId } of begun) {
    await client.workflow.getHandle(workflowId).signal(continueSignal);
    await eventually(async () => {
      const { body } = await service.request('GET', `/api/jobs/${workflowId}/why`);
      expect(body).toMatchObject({ code: 'code_does_not_replay' });
    }, PATIENCE_MS);
  }
  expect((await pinRuns(client, begun, version)).failed).toEqual([]);
  await signalled?.signal(releaseSignal);
  await cancelled?.cancel();
  // They still move to the first release.
  for (const { raw } of await describeEach())
    expect(raw.workflowExecutionInfo?.versioningInfo?.versionTransition?.deploymentVersion?.buildId).toBe(
      'first',
    );

  expect(await deployment('move', '--from', 'first', '--to', 'second', '--type', 'check')).toContain(
    'Jobs that second had advanced, whose next step fails on first, and that were reset to the beginning of that step: 2.',
  );
  expect(await stepsOf(begun[0]?.workflowId ?? '')).toEqual(['look second', 'note second', 'give second']);
  await expect(stepsOf(begun[1]?.workflowId ?? '')).rejects.toMatchObject({
    cause: { name: 'CancelledFailure' },
  });
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
  expect(await deployment(...move, 'first')).toMatch(/^exit 1: None of the workers of first polls .*jobs/);
  await startRelease('first');
  expect(await deployment(...move, 'first')).toMatch(/^Jobs moved from second to first of shop: [1-9]/);
  expect(releasesIn(await stepsOf(entry.jobId))).toEqual(new Set(['first']));
});

// It comes last: the engine does not register a version again whose workers poll soon after it was deleted.
it('upgrades and goes back under load: no job fails or waits, pinned jobs stay on their version, and the version is retired', async () => {
  const beginning = new Date();
  await startRelease('first');
  expect(await deployment('promote', 'first')).toMatch(/first is (already )?the current version of shop/);
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

  // Jobs that start at the moment of the change may begin to move before the command can pin them: the more, the likelier.
  const [rolledBack] = await Promise.all([deployment('rollback', 'first'), load.burst(track, 150)]);
  expect(rolledBack).toMatch(
    /first is the current version of shop again, instead of second\..*\nJobs that second had advanced and that are now pinned there: \d+\./,
  );
  const wentBackAt = new Date();
  // Each starts although it does not replay the jobs that are pinned to the other version, and that may not have ended yet.
  const [, another] = await Promise.all([startRelease('first'), startRelease('second')]);
  await untilStartedOn('first', wentBackAt);
  await load.stop();

  const used = new Map<string, Set<string>>();
  const done = await inParallel([...load.ids], 10, async ([id, type]) => ({
    id,
    type,
    steps: await eventually(() => stepsOf(id), PATIENCE_MS),
  }));
  for (const { id, type, steps } of done) {
    const releases = releasesIn(steps);
    // The first release does not know the step that the second greets with.
    if (type !== 'track' || steps[0] === 'greet second') expect(releases.size, id).toBe(1);
    for (const release of releases) used.set(type, (used.get(type) ?? new Set()).add(release));
  }
  // Both releases have run jobs of each kind.
  for (const type of ['sign', 'ship', 'track']) expect(used.get(type)?.size, type).toBe(2);
  await eventually(async () => {
    // A reset terminates the run that it replaces.
    const others = `WorkflowType IN ('sign', 'ship', 'track') AND ExecutionStatus NOT IN ('Completed', 'Terminated')`;
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
