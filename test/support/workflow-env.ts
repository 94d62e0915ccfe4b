import { randomUUID } from 'node:crypto';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import type { SignalDefinition } from '@temporalio/workflow';
import { afterEach, beforeEach, expect, inject } from 'vitest';
import type { BulkActivities } from '../../packages/durable-jobs/src/bulk/activities.ts';
import type { CleanUpActivities } from '../../activities/clean-up.ts';
import type { DatabaseActivities } from '../../packages/durable-jobs/src/engine/await-database.ts';
import type { EmailActivities } from '../../activities/emails.ts';
import type { ErasureActivities } from '../../activities/erasure.ts';
import type { MaintenanceActivities } from '../../activities/maintenance.ts';
import type { OrderActivities } from '../../activities/orders.ts';
import type { ReconciliationActivities } from '../../activities/reconciliation/activities.ts';
import type { ReportActivities } from '../../activities/reports.ts';
import type { ServiceActivities } from '../../packages/durable-jobs/src/hosted-services/run-service.ts';
import { searchAttributes } from '../../packages/durable-jobs/src/engine/search-attributes.ts';
import { taskQueues } from '../../contracts/names.ts';
import { quietRuntime } from '../../packages/durable-jobs/src/testing/quiet-runtime.ts';
import { startTestServer } from '../../packages/durable-jobs/src/testing/start-test-server.ts';
import { jobSinks } from '../../packages/durable-jobs/src/worker/job-sinks.ts';
import { eventually } from './jobs.ts';
import { noteStarts, recordBranches, type StartedRun } from './record-history.ts';

// Tests that make activities fail would fill the screen with expected errors.
quietRuntime();

/** temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD */
const KEYWORD = 2;

/** Stand-ins for the activities, typed as the real ones. One that a test does not provide fails when it is called. */
export type ActivityMocks = Partial<
  BulkActivities &
    DatabaseActivities &
    EmailActivities &
    OrderActivities &
    ReportActivities &
    ServiceActivities &
    UpkeepActivities
>;

type UpkeepActivities = ReconciliationActivities &
  CleanUpActivities &
  MaintenanceActivities &
  ErasureActivities;

/** The time-skipping server of a test, and the operations of the test on it. */
export interface WorkflowEnv {
  client: Client;
  /** The server's clock, in milliseconds. */
  now: () => Promise<number>;
  /** Advances the server's clock. */
  pass: (duration: string) => Promise<void>;
  /** Runs `test` while workers with these activities serve every task queue. */
  withWorkers: <T>(
    activities: ActivityMocks,
    test: () => Promise<T>,
    options?: { maxCachedWorkflows?: number },
  ) => Promise<T>;
}

/**
 * Sends a signal, and returns when the workflow has handled it: when a task that began after it has ended. Otherwise, the time could pass
 * first when the test lets it, and a timer that the signal moves could fire. The answer to a query is no proof of it: a task that was being
 * executed when the signal came gives it, too.
 */
export async function signalAndWait<Args extends unknown[]>(
  handle: Pick<WorkflowHandle, 'signal' | 'fetchHistory'>,
  signal: SignalDefinition<Args>,
  ...args: Args
): Promise<void> {
  await handle.signal(signal, ...args);
  await eventually(async () => {
    const events = (await handle.fetchHistory()).events ?? [];
    const signaled = events.findLastIndex((event) => event.workflowExecutionSignaledEventAttributes);
    const later = events.slice(signaled + 1);
    const started = later.findIndex((event) => event.workflowTaskStartedEventAttributes);
    const ended = later.findLastIndex((event) => event.workflowTaskCompletedEventAttributes);
    expect(signaled).toBeGreaterThan(0);
    expect(started).toBeGreaterThanOrEqual(0);
    expect(ended).toBeGreaterThan(started);
  });
}

/**
 * Starts a time-skipping server for each test, and stops it after the test. One for all would be faster, but its clock stops skipping
 * permanently when a workflow has abandoned a child.
 */
export function useWorkflowEnv(): WorkflowEnv {
  let env: TestWorkflowEnvironment;
  const started: StartedRun[] = [];
  beforeEach(async () => {
    const { path } = inject('timeSkippingServer');
    if (path === undefined)
      throw new Error('the suite must be skipped where there is no time-skipping server');
    env = await startTestServer(path);
    await env.connection.operatorService.addSearchAttributes({
      namespace: 'default',
      searchAttributes: Object.fromEntries(
        Object.values(searchAttributes).map(({ name }) => [name, KEYWORD]),
      ),
    });
    noteStarts(env.client, started);
  });
  afterEach(async () => {
    await recordBranches(env.client, started.splice(0), expect.getState().currentTestName ?? '');
    await env.teardown();
  });

  return {
    get client() {
      return env.client;
    },
    now: () => env.currentTimeMs(),
    pass: (duration) => env.sleep(duration as Parameters<typeof env.sleep>[0]),
    async withWorkers(activities, test, options = {}) {
      const create = (taskQueue: string, workflows: boolean) =>
        Worker.create({
          connection: env.nativeConnection,
          taskQueue,
          activities,
          // Responses to heartbeats deliver cancellations: with the default, they would take half a minute.
          maxHeartbeatThrottleInterval: '100 milliseconds',
          ...(workflows && {
            workflowBundle: { codePath: inject('workflowBundlePath') },
            sinks: jobSinks,
          }),
          ...options,
        });
      const { jobs, ...others } = taskQueues;
      const workers = [await create(jobs, true)];
      for (const queue of Object.values(others)) workers.push(await create(queue, false));
      return workers.reduce((run, worker) => worker.runUntil(run), test());
    },
  };
}

/**
 * Waits until neither an activity nor a workflow task of a run is in progress. If the time-skipping server hears of the end of an activity
 * while it hears that the workflow cancels it, it loses both, and the run never ends.
 */
export const hasNothingInProgress = (handle: Pick<WorkflowHandle, 'fetchHistory'>): Promise<void> =>
  eventually(async () => {
    const { events } = await handle.fetchHistory();
    const count = (...kinds: (keyof NonNullable<typeof events>[number])[]): number =>
      (events ?? []).filter((event) => kinds.some((kind) => event[kind])).length;
    expect(count('activityTaskScheduledEventAttributes')).toBe(
      count(
        'activityTaskCompletedEventAttributes',
        'activityTaskFailedEventAttributes',
        'activityTaskTimedOutEventAttributes',
        'activityTaskCanceledEventAttributes',
      ),
    );
    expect(count('workflowTaskScheduledEventAttributes')).toBe(
      count(
        'workflowTaskCompletedEventAttributes',
        'workflowTaskFailedEventAttributes',
        'workflowTaskTimedOutEventAttributes',
      ),
    );
  });

/** Different ids for each test, because the server is shared. */
export const newId = (): string => randomUUID();

/** With the workflow cache, as in production, and without it: then every step replays the history so far. */
export const cacheModes = [
  { mode: 'cached', options: {} },
  { mode: 'replayed at every step', options: { maxCachedWorkflows: 0 } },
];

/**
 * Checks that something planned after this number of seconds happened then: never earlier, and later only by what the server's clock adds,
 * which continues while a busy machine works.
 */
export function expectOnTime(actual: number | readonly number[], planned: number | readonly number[]): void {
  const times = [actual].flat();
  const plans = [planned].flat();
  expect(times).toHaveLength(plans.length);
  for (const [index, plan] of plans.entries()) {
    expect(times[index]).toBeGreaterThanOrEqual(plan - CLOCK_STEP_SECONDS);
    expect(times[index]).toBeLessThan(plan + BUSY_MACHINE_SECONDS);
  }
}

/** The allowance for a busy machine; the wait of another policy, or an additional one, is still detected. */
const BUSY_MACHINE_SECONDS = 15;

/** Times are read in whole milliseconds, in two places. */
const CLOCK_STEP_SECONDS = 0.01;
