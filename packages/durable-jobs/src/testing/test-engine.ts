import { CancelledFailure, TerminatedFailure } from '@temporalio/common';
import { WorkflowFailedError, type Client, type WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import type { Pool } from 'pg';
import { libraryQueues } from '../engine/declared-queues.ts';
import { searchAttributes } from '../engine/search-attributes.ts';
import { acceptInput } from '../jobs/accept-input.ts';
import { jobId, type InputOf, type JobDefinition, type ResultOf } from '../jobs/job-definition.ts';
import { urgencyOf } from '../jobs/urgency.ts';
import type { OutboxEntry } from '../jobs/outbox/enqueue.ts';
import { startCommitted } from '../jobs/outbox/start-job.ts';
import { createPolicyActivities, createRunActivities, type RunnableJob } from '../jobs/run/activities.ts';
import { isFunctionJob } from '../jobs/run/define-job.ts';
import { durationMs } from '../values/duration.ts';
import { boundFailures } from '../worker/bound-failures.ts';
import { jobSinks } from '../worker/job-sinks.ts';
import { noteAttempts, type JobAttempt } from './attempts.ts';
import type { TestClock } from './clock.ts';
import { failureOf, type JobFailure } from './failure.ts';
import { collectingLogger, type LogLine } from './log-lines.ts';
import { noDatabase } from './no-database.ts';
import { quietRuntime } from './quiet-runtime.ts';
import { startTestServer } from './start-test-server.ts';
import { bundleOf, type WorkflowSource } from './workflow-source.ts';

/** Options of a test engine. */
export interface TestEngineOptions {
  /** The jobs that it knows. */
  jobs: readonly JobDefinition[];
  /** The application's workflows. Without it, the engine runs jobs that are one function. */
  workflows?: WorkflowSource;
  /** The activities of the workflows, or stand-ins for them. */
  activities?: object;
  /** Task queues that the workflows call activities on, beside those that the jobs name. */
  taskQueues?: readonly string[];
  /** The database of the jobs. Without it, a job that uses one fails. */
  db?: Pool;
  /** Set to the engine's time whenever an attempt begins. */
  clock?: TestClock;
  /** The time-skipping server's program. Without it, the SDK downloads that program once and keeps it. */
  serverPath?: string;
  /** How many workflows stay in memory; with 0, each step replays the history so far. As in production unless it is given. */
  maxCachedWorkflows?: number;
}

/** Options of a start. */
export interface TestStartOptions {
  /** How long the start is delayed, such as `7d`. */
  delay?: string;
  /** The job does not start later than this, by the engine's time. */
  expiresAt?: Date;
  /** Replaces the job's own key. */
  dedupeKey?: string;
}

/** How a job ended, and what it did before. */
export interface JobOutcome<Result = unknown> {
  id: string;
  runId: string;
  status: 'completed' | 'failed' | 'cancelled' | 'terminated';
  /** What it returned. */
  result?: Result;
  /** Why it failed. */
  failure?: JobFailure;
  /** Every attempt at each activity, in the order in which they ended. */
  attempts: JobAttempt[];
  /** The key of its effects; of a job that is one function. */
  effectKey?: string;
  /** What the function reported last. */
  progress?: unknown;
  /** What the function logged by its `logger`. */
  logs: LogLine[];
}

/** A job that a test has started. */
export interface StartedJob<Result = unknown> {
  id: string;
  runId: string;
  /** Temporal's handle: for signals, updates and queries, and to cancel the job. */
  workflow: WorkflowHandle;
  /** Skips time until the job ends, and returns how it did. */
  outcome: () => Promise<JobOutcome<Result>>;
}

/** An engine that skips time whenever a test waits for a job's end. */
export interface TestEngine extends AsyncDisposable {
  /**
   * Starts a job and waits for its end.
   * @throws {ZodError} if the input does not fit the job's schema; otherwise as {@link TestEngine.start}.
   */
  run: <Job extends JobDefinition>(
    job: Job,
    input: InputOf<Job>,
    options?: TestStartOptions,
  ) => Promise<JobOutcome<ResultOf<Job>>>;
  /**
   * Starts a job.
   * @throws if the engine does not know the job, or its start policy keeps it from starting; {ZodError} as for {@link TestEngine.run}.
   */
  start: <Job extends JobDefinition>(
    job: Job,
    input: InputOf<Job>,
    options?: TestStartOptions,
  ) => Promise<StartedJob<ResultOf<Job>>>;
  /** The engine's time. */
  now: () => Promise<Date>;
  /** Lets a duration such as `2d` pass. */
  pass: (duration: string) => Promise<void>;
  /** Temporal's client, for direct use in the test. */
  client: Client;
  /** Stops the workers and the server. */
  close: () => Promise<void>;
}

/** temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD */
const KEYWORD = 2;

/** What is known of a job beside its result. */
interface Seen {
  attempts: JobAttempt[];
  logs: LogLine[];
  effectKey?: string;
  progress?: unknown;
}

/**
 * Starts a time-skipping Temporal server and workers for jobs. It requires the package `@temporalio/testing`, and a database only if a job
 * uses one. Concurrent tests need an engine each, because its time is shared by all of its jobs.
 * @throws if the package is not installed, the server can't be started, or the workflows can't be bundled.
 */
export async function startTestEngine(options: TestEngineOptions): Promise<TestEngine> {
  quietRuntime();
  const env = await startTestServer(options.serverPath);
  const seen = new Map<string, Seen>();
  const seenOf = (id: string): Seen => {
    const known = seen.get(id) ?? { attempts: [], logs: [] };
    seen.set(id, known);
    return known;
  };
  const now = async (): Promise<Date> => new Date(await env.currentTimeMs());
  let workers: Worker[] = [];
  try {
    await env.connection.operatorService.addSearchAttributes({
      namespace: 'default',
      searchAttributes: Object.fromEntries(
        Object.values(searchAttributes).map(({ name }) => [name, KEYWORD]),
      ),
    });
    workers = await createWorkers(options, env.nativeConnection, { seenOf, now });
  } catch (error) {
    await env.teardown();
    throw error;
  }
  const running = Promise.all(workers.map((worker) => worker.run()));
  // A worker that fails ends the wait for a job, below.
  running.catch(() => undefined);

  let starts = 0;
  const start: TestEngine['start'] = async (job, input, { delay, expiresAt, dedupeKey } = {}) => {
    if (!options.jobs.some(({ type }) => type === job.type)) {
      throw new Error(`The test engine was not given the job ${job.type}: add it to jobs.`);
    }
    const parsed = acceptInput(job, input);
    const id = jobId(job, parsed, dedupeKey);
    const acceptedAt = new Date();
    const entry: OutboxEntry = {
      id: ++starts,
      jobType: job.type,
      jobId: id,
      input: parsed,
      dedupeKey: dedupeKey ?? null,
      startAt: delay === undefined ? null : new Date(acceptedAt.getTime() + durationMs.parse(delay)),
      expiresAt: expiresAt ?? null,
      retry: null,
      acceptedAt,
      withdrawnAt: null,
      requestId: null,
      traceparent: null,
      attempts: 0,
      isChecked: true,
      isHeld: false,
      ...urgencyOf(job, parsed, {}),
    };
    const before = seen.get(id);
    seen.delete(id);
    const { kind, runId } = await startCommitted(env.client, job, parsed, entry);
    if (kind === 'exists' || kind === 'waits') {
      if (before) seen.set(id, before);
      throw new Error(
        `${id} was not started: ${kind === 'waits' ? 'a run of it is open' : 'it already has a run'}.`,
      );
    }
    const workflow = env.client.workflow.getHandle(id, runId);
    return {
      id,
      runId,
      workflow,
      outcome: async () => {
        const end = await Promise.race([endOf(workflow), running.then(stoppedEarly)]);
        return { id, runId, ...end, ...seenOf(id) } as never;
      },
    };
  };

  const close = async (): Promise<void> => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    await running.catch(() => undefined);
    await env.teardown();
  };
  return {
    start,
    run: async (job, input, more) => (await start(job, input, more)).outcome(),
    now,
    pass: (duration) => env.sleep(durationMs.parse(duration)),
    client: env.client,
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function createWorkers(
  options: TestEngineOptions,
  connection: Parameters<typeof Worker.create>[0]['connection'] & object,
  { seenOf, now }: { seenOf: (id: string) => Seen; now: () => Promise<Date> },
): Promise<Worker[]> {
  const { db = noDatabase, clock } = options;
  const functionJobs = options.jobs.filter(isFunctionJob);
  const policies = createPolicyActivities(functionJobs);
  const own = { awaitDatabase: () => Promise.resolve(), ...policies };
  const activities = {
    ...own,
    ...createRunActivities(
      functionJobs.map((job) => observed(job, seenOf)),
      { db, logger: collectingLogger([]), checkDatabase: () => db.query('SELECT 1') },
    ),
    ...options.activities,
  };
  const note = (id: string, attempt: JobAttempt): void => void seenOf(id).attempts.push(attempt);
  const common = {
    connection,
    activities,
    interceptors: {
      activity: [noteAttempts(note, { now, clock, left: new Set(Object.keys(own)) }), boundFailures],
    },
    // A cancellation comes with the answer to a heartbeat.
    maxHeartbeatThrottleInterval: 100,
    ...(options.maxCachedWorkflows !== undefined && { maxCachedWorkflows: options.maxCachedWorkflows }),
  };
  const withWorkflows = new Set([libraryQueues.jobs, ...options.jobs.map((job) => job.taskQueue)]);
  const queues = new Set([
    ...withWorkflows,
    ...Object.values(libraryQueues),
    ...functionJobs.map((job) => job.policy.taskQueue),
    ...(options.taskQueues ?? []),
  ]);
  const workflowBundle = await bundleOf(options.workflows);
  return Promise.all(
    [...queues].map((taskQueue) =>
      Worker.create({
        ...common,
        taskQueue,
        ...(withWorkflows.has(taskQueue) && { workflowBundle, sinks: jobSinks }),
      }),
    ),
  );
}

/** The job, with notes of what its function is given, reports and logs. */
function observed(job: RunnableJob & JobDefinition, seenOf: (id: string) => Seen): RunnableJob {
  return {
    type: job.type,
    policy: job.policy,
    run(input, context) {
      const { effectKey } = context;
      // `<job id>/<run>`
      const seen = seenOf(effectKey.slice(0, effectKey.lastIndexOf('/')));
      seen.effectKey = effectKey;
      return job.run(input, {
        ...context,
        logger: collectingLogger(seen.logs),
        heartbeat(progress) {
          seen.progress = progress;
          context.heartbeat(progress);
        },
      });
    },
  };
}

async function endOf(workflow: WorkflowHandle): Promise<Pick<JobOutcome, 'status' | 'result' | 'failure'>> {
  try {
    return { status: 'completed', result: (await workflow.result()) as unknown };
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const { cause } = error;
    if (cause instanceof CancelledFailure) return { status: 'cancelled' };
    if (cause instanceof TerminatedFailure) return { status: 'terminated' };
    return { status: 'failed', failure: failureOf(error) };
  }
}

function stoppedEarly(): never {
  throw new Error('The test engine was closed before the job ended.');
}
