import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { kebabCase } from '../jobs/kebab-case.ts';
import type { OverlapPolicy } from './definition.ts';
import { nextRuns } from './next-runs.ts';
import type { StoredSchedule } from './temporal.ts';
import type { ScheduleTurn } from './turn.ts';

/** The run that a trigger started. */
export interface TriggeredRun {
  jobId: string;
  /** Null while it waits. */
  runId: string | null;
  /** False if it waits for the open run, and starts automatically after it. */
  started: boolean;
}

/** Thrown if a trigger starts no run. The message is for people. */
export class NotTriggeredError extends Error {
  override readonly name = 'NotTriggeredError';
}

const policies = proto.temporal.api.enums.v1.ScheduleOverlapPolicy;

/** The engine's numbers of the overlap policies. */
const policyNumbers = {
  skip: policies.SCHEDULE_OVERLAP_POLICY_SKIP,
  buffer_one: policies.SCHEDULE_OVERLAP_POLICY_BUFFER_ONE,
  buffer_all: policies.SCHEDULE_OVERLAP_POLICY_BUFFER_ALL,
  cancel_other: policies.SCHEDULE_OVERLAP_POLICY_CANCEL_OTHER,
  terminate_other: policies.SCHEDULE_OVERLAP_POLICY_TERMINATE_OTHER,
  allow_all: policies.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL,
} as const satisfies Record<OverlapPolicy, number>;

/** Runs of one schedule that the engine lets wait; it drops others. */
const MOST_WAITING = 1_000;

/** How far in the future a run's nominal time may be if the current second is in use. */
const MOST_SECONDS_AHEAD = 60;

/** How long the engine, which may be busy, is polled for the effect of a trigger that it has accepted. */
const DECIDED_WITHIN_MS = 6_000;
const LOOK_MS = 100;

/**
 * Starts a run of a schedule, and returns it. The engine names runs by their nominal time in seconds: each triggered run gets one that no
 * other triggered run, and no run of the schedule itself, has. Must be called in turn.
 * @throws {NotTriggeredError} if none starts, because of the policy or because no nominal time is free.
 */
export async function triggerRun(
  client: Client,
  schedule: StoredSchedule,
  policy: OverlapPolicy,
  turn: ScheduleTurn,
): Promise<TriggeredRun> {
  const before = await readProgress(client, schedule.id);
  refuseWhatIsSkipped(policy, before);
  const at = await freeTime(client, schedule, turn.lastTriggeredAt);
  await turn.noteTriggered(at);
  await client.workflowService.patchSchedule({
    namespace: client.options.namespace,
    scheduleId: schedule.id,
    identity: client.options.identity,
    requestId: randomUUID(),
    patch: {
      triggerImmediately: {
        overlapPolicy: policyNumbers[policy],
        scheduledTime: { seconds: (at.getTime() / 1_000) as never, nanos: 0 },
      },
    },
  });
  const jobId = jobIdAt(schedule, at);
  const deadline = performance.now() + DECIDED_WITHIN_MS;
  for (;;) {
    // The engine responds after it has processed the trigger: a run that has not been started by then was skipped, or
    // waits.
    const now = await readProgress(client, schedule.id);
    const runId = await findRunId(client, jobId);
    if (runId !== null) return { jobId, runId, started: true };
    if (now.skipped > before.skipped)
      throw new NotTriggeredError('The policy skipped it: another run came first.');
    if (policy !== 'allow_all' && now.waiting > 0) return { jobId, runId: null, started: false };
    if (performance.now() > deadline) throw new NotTriggeredError('The engine has not started it.');
    await delay(LOOK_MS);
  }
}

/** Returns the id of the job that a schedule starts for a nominal time, as the engine creates it. */
export function jobIdAt({ id, job }: Pick<StoredSchedule, 'id' | 'job'>, at: Date): string {
  return `${kebabCase(job)}:${id}-${at.toISOString().replace(/\.\d+Z$/, 'Z')}`;
}

interface Progress {
  /** Returns the ids of the runs that the policies consider: the open ones, except for those that were allowed to run concurrently. */
  running: string[];
  waiting: number;
  /** Since the schedule was created. */
  skipped: number;
}

async function readProgress(client: Client, scheduleId: string): Promise<Progress> {
  const { info } = await client.workflowService.describeSchedule({
    namespace: client.options.namespace,
    scheduleId,
  });
  return {
    running: (info?.runningWorkflows ?? []).map(({ workflowId }) => workflowId ?? ''),
    waiting: Number(info?.bufferSize ?? 0),
    skipped: Number(info?.overlapSkipped ?? 0),
  };
}

/** Refuses a trigger immediately that the engine would accept without starting a run. */
function refuseWhatIsSkipped(policy: OverlapPolicy, { running, waiting }: Progress): void {
  const [open] = running;
  if (policy === 'skip' && open !== undefined) {
    throw new NotTriggeredError(`${open} has not ended, and the policy skips runs while one is open.`);
  }
  const keepsOne = policy === 'buffer_one' || policy === 'cancel_other' || policy === 'terminate_other';
  if (keepsOne && waiting > 0) {
    throw new NotTriggeredError(
      'A run is already waiting for the open one to end, and the policy keeps only one.',
    );
  }
  if (policy !== 'allow_all' && waiting >= MOST_WAITING) {
    throw new NotTriggeredError(`${waiting} runs are already waiting.`);
  }
}

/** Returns the next whole second that is not the nominal time of a run, and at which the schedule is not due. */
async function freeTime(client: Client, schedule: StoredSchedule, last: Date | null): Promise<Date> {
  const now = Math.floor(Date.now() / 1_000) * 1_000;
  const first = Math.max(now, (last?.getTime() ?? 0) + 1_000);
  for (let at = first; at <= now + MOST_SECONDS_AHEAD * 1_000; at += 1_000) {
    const isDue =
      schedule.timing !== null && nextRuns(schedule.timing, schedule.timeZone, at - 1, 1)[0] === at;
    if (isDue) continue;
    const time = new Date(at);
    if ((await findRunId(client, jobIdAt(schedule, time))) === null) return time;
  }
  throw new NotTriggeredError(
    `Each of the next ${MOST_SECONDS_AHEAD} seconds already has a run, and the engine names runs by the second.`,
  );
}

async function findRunId(client: Client, jobId: string): Promise<string | null> {
  try {
    return (await client.workflow.getHandle(jobId).describe()).runId;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}
