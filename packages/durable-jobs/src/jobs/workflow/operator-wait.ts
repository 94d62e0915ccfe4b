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
  /** What the timer is for, as people and the job's view read it. */
  summary: string;
  /** What the Web UI says meanwhile. */
  details: (until: string) => string;
  /** Whether a pause moves the time by as much as it lasted. Otherwise what became due meanwhile comes with its end. */
  pauseStopsClock?: boolean;
}

/** What operators have requested, as a run hands it to the run that continues it. */
export interface OperatorState {
  paused: boolean;
  /** The time that the wait in progress was moved to, or that it has by itself; in milliseconds since the epoch. */
  until?: number;
}

/** Waits that an operator can hold back and move, by `pauseJob`, `resumeJob` and `rescheduleJob`. */
export interface OperatorWaits {
  /** Waits; true if `isOver` ended it, false if its time came. */
  wait: (wait: Wait) => Promise<boolean>;
  /** What messages that came before the first wait ask for: the job is held back, or is to begin at a time. */
  readonly requested: { paused: boolean; startAt: number | undefined };
  /** For a run that continues as new: what operators have requested, as of the end of the last wait. */
  readonly state: OperatorState;
}

/**
 * Takes the messages of operators. Called before a workflow's first await, so that none is lost. `carried` is what an
 * earlier run was requested to do: the first wait continues as it was.
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
            setCurrentDetails('Paused. It goes on with POST /api/jobs/:id/resume.');
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
 * Waits for the time at which this run is meant to begin. The engine holds a start's delay itself; a message that changes it
 * ends that delay, and the rest of it, or the new one, is waited for here. To be awaited before anything else, by every job that
 * people may start: without a message, and without a start that expires, it does nothing.
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

/** No run of a release that knew no expiry has one in its memo. A run that continues another has begun in time. */
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
