import type { Context } from '@temporalio/activity';
import type { ActivityInterceptors } from '@temporalio/worker';
import type { RunOrigin } from '../jobs/run/policy.ts';
import type { TestClock } from './clock.ts';
import { failureOf, type JobFailure } from './failure.ts';

/** One attempt at an activity; of a job that is one function, at the job. Its times are those of the engine. */
export interface JobAttempt {
  /** The activity, which has the job's type if the job is one function. */
  activity: string;
  /** From 1. */
  number: number;
  startedAt: Date;
  endedAt: Date;
  /** What it failed with; null if it succeeded. */
  error: JobFailure | null;
}

/** Records each attempt with the engine's time, and sets a test's clock to it when the attempt begins. */
export function noteAttempts(
  note: (jobId: string, attempt: JobAttempt) => void,
  { now, clock, left }: { now: () => Promise<Date>; clock: TestClock | undefined; left: ReadonlySet<string> },
): (context: Context) => ActivityInterceptors {
  return ({ info }) => ({
    inbound: {
      async execute(input, next) {
        const startedAt = await now();
        clock?.set(startedAt);
        const { activityType: activity, workflowExecution } = info;
        const ended = async (error: JobFailure | null): Promise<void> => {
          if (!workflowExecution || left.has(activity)) return;
          const number = info.attempt + attemptsBefore(input.args);
          note(workflowExecution.workflowId, { activity, number, startedAt, endedAt: await now(), error });
        };
        try {
          const result = await next(input);
          await ended(null);
          return result;
        } catch (error) {
          await ended(failureOf(error));
          throw error;
        }
      },
    },
  });
}

function attemptsBefore(args: readonly unknown[]): number {
  const before = (args[1] as Partial<RunOrigin> | undefined)?.attemptsBefore;
  return typeof before === 'number' ? before : 0;
}
