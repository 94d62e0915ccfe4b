import { msToNumber } from '@temporalio/common/lib/time.js';
import {
  ActivityFailure,
  ApplicationFailure,
  patched,
  proxyActivities,
  setCurrentDetails,
  sleep,
  TimeoutFailure,
  type ActivityInterfaceFor,
  type ActivityOptions,
} from '@temporalio/workflow';
import type { DatabaseActivities } from '../../engine/await-database.ts';
import { failureTypes } from '../../engine/failure-types.ts';
import { jobTimers } from '../names.ts';
import type { UncountedAttempt } from '../uncounted-attempt.ts';
import { databaseOptions } from './policies.ts';

const { awaitDatabase } = proxyActivities<DatabaseActivities>(databaseOptions);

/** Waits for the end of a condition under which attempts do not count. `outages` is the number of consecutive such attempts of a call. */
type WaitOut = (met: UncountedAttempt, outages: number) => Promise<void>;

/**
 * Failures, by type, that a call waits out in addition to an outage of our own database and an input that no worker could read.
 */
export type WaitsOut = Readonly<Record<string, WaitOut>>;

/** Options that few calls need in addition to a policy. */
interface CountedOptions {
  /**
   * For activities whose released histories wait for the database without the marker of the change `outages-do-not-count`.
   * New workflows leave it out.
   */
  outagesUnmarked?: boolean;
  /** What the activity is called with after so many attempts that counted: it lets it know how many it has had. */
  argumentsAfter?: (args: unknown[], counted: number) => unknown[];
}

const always: WaitsOut = {
  [failureTypes.databaseUnavailable]: (_met, outages) => {
    setCurrentDetails('The database cannot be reached. The job continues when it is available again.');
    return awaitDatabase({ outages });
  },
  [failureTypes.payloadRefused]: awaitReadable,
  [failureTypes.payloadKeyMissing]: awaitReadable,
};

/** The longest wait before an activity is scheduled again whose input could not be read. */
const LONGEST_UNREADABLE_MS = 3_600_000;

/**
 * The refused input is the scheduled one, or a heartbeat of it: the activity did not begin. When it is scheduled again, its input is
 * encrypted again.
 */
async function awaitReadable(_met: UncountedAttempt, times: number): Promise<void> {
  setCurrentDetails('A worker could not read the input of a step. The step is scheduled again.');
  await sleep(Math.min(2 ** (times - 1) * 60_000, LONGEST_UNREADABLE_MS), {
    summary: jobTimers.readableInput,
  });
}

/**
 * Like `proxyActivities`, for policies with a limited number of attempts or a time limit. Neither an outage of our own database nor an
 * input that no worker could read counts. The workflow waits until it is over, and the activity continues under the rest of its policy:
 * with the remaining attempts, and the waits that follow those already made. `waitsOut` lists other failures to treat in the same way.
 */
export function proxyCountedActivities<A>(
  options: ActivityOptions,
  waitsOut: WaitsOut = {},
  { outagesUnmarked = false, argumentsAfter = (args) => args }: CountedOptions = {},
): ActivityInterfaceFor<A> {
  return new Proxy({} as ActivityInterfaceFor<A> & object, {
    get: (_target, name) =>
      typeof name === 'string'
        ? (...args: unknown[]) =>
            call({
              name,
              argumentsAfter: (counted) => argumentsAfter(args, counted),
              options,
              waitsOut: { ...always, ...waitsOut },
              outagesUnmarked,
            })
        : undefined,
  });
}

async function call({
  name,
  argumentsAfter,
  options,
  waitsOut,
  outagesUnmarked,
}: {
  name: string;
  argumentsAfter: (counted: number) => unknown[];
  options: ActivityOptions;
  waitsOut: WaitsOut;
  outagesUnmarked: boolean;
}): Promise<unknown> {
  let counted = 0;
  for (let outages = 1; ; outages++) {
    try {
      return await proxyActivities(policyAfter(options, counted))[name]?.(...argumentsAfter(counted));
    } catch (error) {
      const failure = lastFailureOf(error);
      const waitOut = failure && waitsOut[failure.type ?? ''];
      if (!waitOut || !isWaitedOut(failure, outagesUnmarked)) throw error;
      const met = (failure.details?.[0] ?? { attempt: 1 }) as UncountedAttempt;
      counted += met.attempt - 1;
      await waitOut(met, outages);
    }
  }
}

/** Histories of the first release wait out few failures, and have no markers of the changes that made it more. */
function isWaitedOut({ type }: ApplicationFailure, outagesUnmarked: boolean): boolean {
  if (type === failureTypes.payloadRefused || type === failureTypes.payloadKeyMissing)
    return patched('unreadable-input-does-not-count');
  const isUnmarked = outagesUnmarked && type === failureTypes.databaseUnavailable;
  return isUnmarked || patched('outages-do-not-count');
}

/** What an activity failed with, or would have been retried for, had its time not been over. */
function lastFailureOf(error: unknown): ApplicationFailure | undefined {
  if (!(error instanceof ActivityFailure)) return undefined;
  const { cause } = error;
  const failure =
    cause instanceof TimeoutFailure && cause.timeoutType === 'SCHEDULE_TO_CLOSE' ? cause.cause : cause;
  return failure instanceof ApplicationFailure ? failure : undefined;
}

/** Returns the policy that remains after a number of counted attempts. */
function policyAfter(options: ActivityOptions, counted: number): ActivityOptions {
  const { retry } = options;
  if (counted === 0 || retry?.maximumAttempts === undefined) return options;
  const { initialInterval = 1_000, backoffCoefficient = 2, maximumInterval, maximumAttempts } = retry;
  const wait = msToNumber(initialInterval) * backoffCoefficient ** counted;
  return {
    ...options,
    retry: {
      ...retry,
      initialInterval: maximumInterval === undefined ? wait : Math.min(wait, msToNumber(maximumInterval)),
      maximumAttempts: Math.max(1, maximumAttempts - counted),
    },
  };
}
