import { setTimeout as delay } from 'node:timers/promises';
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Db } from '../../database/connect.ts';
import { inParallel } from '../../process/in-parallel.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { activityStateOf, isRetrying, type PendingActivity } from '../run-state/pending-activity.ts';
import {
  failingAmong,
  noteFailingActivity,
  removeUnlessFailedAgain,
  takeUnchecked,
  type FailingActivity,
} from '../run-records/failing-activities.ts';
import { listMovedStarts, newestMovedStart, removeMovedStart } from '../run-records/moved-starts.ts';
import type { JobRegistry } from '../registry.ts';
import { isOpen } from '../../engine/run-status.ts';
import { Condition, hasStatus, jobCondition } from '../../engine/visibility-query.ts';
import { placeAfter, readRuns, type RunPlace } from '../../engine/visibility-runs.ts';
import { callTimeoutMs } from '../../http/timeouts.ts';
import { toDate, toError } from '../run-state/history.ts';

/** Dependencies of the checks of records. */
export interface NotesChecker {
  db: Db;
  client: Client;
  jobs: JobRegistry;
  logger: Logger;
}

/** Interval between two rounds of checks. */
const ROUND_MS = 10_000;
/** Records of each kind that one round checks; each costs one short call to the engine. */
const A_ROUND = 50;
/** Runs that are examined concurrently. */
const AT_ONCE = 5;
/** A failure is recorded a moment before the engine learns of it. */
const FRESH_MS = 10_000;

/**
 * Checks the workers' records of failing activities, and the operators' records of moved starts, against the engine: workers may be killed,
 * and the database may be unavailable when there is something to record. Each round continues where the previous one stopped.
 */
export class NotesCheck {
  readonly #deps: NotesChecker;
  #openAfter: RunPlace | undefined;
  #movedFrom = 0;

  constructor(deps: NotesChecker) {
    this.#deps = deps;
  }

  /**
   * Makes one round: removes records that are no longer true, and adds missing ones. A failure does not stop the rest of the round:
   * otherwise a run that cannot be read would stop every round.
   * @throws the first error, at its end.
   */
  async round(minAgeMs = FRESH_MS): Promise<void> {
    const steps = [
      () => this.#forgetRecovered(minAgeMs),
      () => this.#findUnnoted(),
      () => this.#forgetEndedMoves(),
    ];
    const errors: unknown[] = [];
    for (const step of steps) await step().catch((error: unknown) => errors.push(error));
    if (errors.length > 0) throw errors[0];
  }

  /** Makes rounds until the signal aborts. It waits for an unavailable database or engine. */
  async run(signal: AbortSignal): Promise<void> {
    let isAway = false;
    while (!signal.aborted) {
      try {
        await this.round();
        isAway = false;
      } catch (error) {
        this.#deps.logger[isAway ? 'debug' : 'warn']({ err: error }, 'failing jobs could not be checked');
        isAway = true;
      }
      await delay(ROUND_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async #forgetRecovered(minAgeMs: number): Promise<void> {
    const { db } = this.#deps;
    const noted = await takeUnchecked(db, A_ROUND, minAgeMs);
    await inParallel(noted, AT_ONCE, async (activity) => {
      const run = await this.#describe(activity.jobId, activity.runId);
      if (!run || !isFailing(run, activity)) await removeUnlessFailedAgain(db, activity);
    });
  }

  /** Examines open runs without a record: an attempt may have been lost with its worker. */
  async #findUnnoted(): Promise<void> {
    const { client, db } = this.#deps;
    const query = Condition.all([jobCondition({}), hasStatus('running', new Date())]);
    const runs = await client.withDeadline(Date.now() + callTimeoutMs, () =>
      readRuns(client, query, {
        order: 'startTime',
        after: this.#openAfter,
        limit: A_ROUND,
        accept: () => true,
      }),
    );
    const noted = await failingAmong(
      db,
      runs.map(({ info }) => info.runId),
    );
    await inParallel(
      runs.filter(({ info }) => !noted.has(info.runId)),
      AT_ONCE,
      async ({ info }) => {
        const run = await this.#describe(info.workflowId, info.runId);
        for (const activity of run?.raw.pendingActivities ?? []) {
          if (run && isRetrying(activity)) await noteFailingActivity(db, toNote(run, activity));
        }
      },
    );
    const last = runs.at(-1);
    this.#openAfter =
      last && runs.length === A_ROUND ? placeAfter(last, 'startTime', this.#openAfter) : undefined;
  }

  async #forgetEndedMoves(): Promise<void> {
    const { db } = this.#deps;
    const from = this.#movedFrom > 0 ? this.#movedFrom : await newestMovedStart(db);
    const moved = await listMovedStarts(db, from, A_ROUND);
    await inParallel(moved, AT_ONCE, async ({ jobId, runId }) => {
      const run = await this.#describe(jobId, runId);
      if (!run || !isOpen(run)) await removeMovedStart(db, runId);
    });
    const last = moved.at(-1);
    this.#movedFrom = last && moved.length === A_ROUND ? last.place - 1 : 0;
  }

  async #describe(id: string, runId: string): Promise<WorkflowExecutionDescription | undefined> {
    const { client, jobs } = this.#deps;
    try {
      const run = await client.withDeadline(Date.now() + callTimeoutMs, () =>
        client.workflow.getHandle(id, runId).describe(),
      );
      return jobs.has(run.type) ? run : undefined;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  }
}

/** Whether an activity that failed has neither succeeded nor ended since. An attempt that runs now may still fail. */
function isFailing(run: WorkflowExecutionDescription, failing: FailingActivity): boolean {
  if (!isOpen(run)) return false;
  const activity = run.raw.pendingActivities?.find(({ activityId }) => activityId === failing.activityId);
  return activity !== undefined && ['queued', 'backing-off', 'running'].includes(activityStateOf(activity));
}

function toNote(run: WorkflowExecutionDescription, activity: PendingActivity): FailingActivity {
  const error = toError(activity.lastFailure);
  return {
    jobId: run.workflowId,
    runId: run.runId,
    jobType: run.type,
    activityId: activity.activityId ?? '',
    activityType: activity.activityType?.name ?? '',
    attempt: (activity.attempt ?? 2) - 1,
    failedAt: toDate(activity.lastAttemptCompleteTime) ?? new Date(),
    errorCode: error?.code ?? 'Error',
    errorMessage: error?.message ?? '',
  };
}
