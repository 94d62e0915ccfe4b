import {
  ApplicationFailure,
  condition,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { failureTypes } from '../../engine/failure-types.ts';
import { pauseJobSignal, rescheduleJobSignal, resumeJobSignal } from '../signals.ts';
import { EXPIRES_AT, jobTimers } from '../names.ts';

/** One wait for a time. */
interface Wait {
  /** Milliseconds since the epoch. */
  until: number;
  /** Ends the wait before its time. */
  isOver: () => boolean;
  /** Summary of the timer, which people and the job's view read. */
  summary: string;
  /** Returns the details that the Web UI shows meanwhile. */
  details: (until: string) => string;
  /** Whether a pause postpones the time by its duration. Otherwise, what became due meanwhile happens when the pause ends. */
  pauseStopsClock?: boolean;
}

/** The operators' requests, passed on to the run that continues this one. */
export interface OperatorState {
  paused: boolean;
  /** The time that the wait in progress was moved to, or that it has by itself; in milliseconds since the epoch. */
  until?: number;
}

/** Waits that an operator can pause and move with `pauseJob`, `resumeJob` and `rescheduleJob`. */
export interface OperatorWaits {
  /** Waits; true if `isOver` ended it, false if its time came. */
  wait: (wait: Wait) => Promise<boolean>;
  /** What messages before the first wait have requested: a pause, or a start time. */
  readonly requested: { paused: boolean; startAt: number | undefined };
  /** For a run that continues as new: what operators have requested, as of the end of the last wait. */
  readonly state: OperatorState;
}

/**
 * Handles the messages of operators. Call it before a workflow's first await, so that no message is lost. `carried` is the state of the
 * previous run: the first wait continues from it.
 */
export function operatorWaits(carried?: OperatorState): OperatorWaits {
  let paused = carried?.paused ?? false;
  let movedTo: number | undefined;
  let carriedUntil = carried?.until;
  let lastUntil: number | undefined;
  /** Between two waits there is nothing to move; before the first, the message is about the start. */
  let isMovable = true;
  setHandler(pauseJobSignal, ({ startAt }) => {
    paused = true;
    if (startAt !== undefined && isMovable) movedTo ??= Date.parse(startAt);
  });
  setHandler(resumeJobSignal, () => {
    paused = false;
  });
  setHandler(rescheduleJobSignal, ({ at }) => {
    if (isMovable) movedTo = Date.parse(at);
  });

  return {
    get requested() {
      return { paused, startAt: movedTo };
    },
    get state() {
      return { paused, ...(lastUntil !== undefined && { until: lastUntil }) };
    },
    async wait({ until, isOver, summary, details, pauseStopsClock = false }) {
      isMovable = true;
      movedTo = carriedUntil ?? until;
      carriedUntil = undefined;
      try {
        for (;;) {
          if (paused) {
            const pausedAt = Date.now();
            setCurrentDetails('Paused. Resume it with POST /api/jobs/:id/resume.');
            await condition(() => !paused || isOver());
            if (isOver()) return true;
            if (pauseStopsClock) movedTo += Date.now() - pausedAt;
            continue;
          }
          const planned = movedTo;
          const left = planned - Date.now();
          if (left <= 0) return false;
          setCurrentDetails(details(new Date(planned).toISOString()));
          // Not asked before: the timer is started even if the wait is over already, as recorded histories have it.
          await condition(() => isOver() || paused || movedTo !== planned, left, { summary });
          if (isOver()) return true;
        }
      } finally {
        isMovable = false;
        lastUntil = movedTo;
        movedTo = undefined;
      }
    },
  };
}

/**
 * Waits until this run is meant to begin. The engine applies a start's delay itself; a message that changes it ends that delay, and this
 * function waits for the rest, or for the new time. Every job that people may start must await it before anything else: without a message
 * or an expiry, it does nothing.
 * @throws {ApplicationFailure} `StartExpired` if the run would begin after its start has expired.
 */
export async function startWhenMeant(): Promise<void> {
  const operator = operatorWaits();
  const { paused, startAt } = operator.requested;
  if (paused || startAt !== undefined) {
    await operator.wait({
      until: startAt ?? Date.now(),
      isOver: () => false,
      summary: jobTimers.postponedStart,
      details: (until) => `Waiting until ${until} to begin.`,
    });
  }
  refuseExpiredStart();
}

/** Runs of releases without expiry have none in their memo. A run that continues another has begun in time. */
function refuseExpiredStart(): void {
  const { memo, continuedFromExecutionRunId } = workflowInfo();
  const expiresAt = memo?.[EXPIRES_AT];
  if (typeof expiresAt !== 'string' || continuedFromExecutionRunId !== undefined) return;
  if (Date.now() < Date.parse(expiresAt)) return;
  throw ApplicationFailure.nonRetryable(
    `the job had not begun when its start expired at ${expiresAt}`,
    failureTypes.startExpired,
  );
}
