import { endedStatusOf, isTimedOut } from '../../engine/run-status.ts';
import type { JobSources } from '../job-view.ts';
import type { HistorySummary } from '../run-state/history.ts';
import { byWhom, inShort, retry, who } from './sentences.ts';
import type { Why } from './why.ts';

/** Explains a job that has ended. */
export function explainEnd({ description, result, summary }: JobSources): Why {
  const id = description.workflowId;
  const since = description.closeTime?.toISOString() ?? '';
  const again = retry(id, 'run', 'Runs it again with the same input.');
  if (isTimedOut(description)) {
    return {
      code: 'timed_out',
      sentence: `It exceeded its time limit and was ended at ${since}.`,
      since,
      actions: [again],
    };
  }
  switch (endedStatusOf(description)) {
    case 'completed': {
      const { outcome } = (result ?? {}) as { outcome?: unknown };
      const said = typeof outcome === 'string' ? outcome : undefined;
      return {
        code: 'completed',
        sentence: `It completed at ${since}${said === undefined ? '' : `; its outcome is ${said}`}.`,
        since,
        ...(said === undefined ? {} : { outcome: said }),
        actions: [],
      };
    }
    case 'cancelled': {
      const { by = '', reason = '' } = summary.cancellation ?? {};
      return {
        code: 'cancelled',
        sentence: `It was cancelled${byWhom(by, reason)} and ended at ${since}.`,
        since,
        ...who(by, reason),
        actions: [again],
      };
    }
    case 'terminated': {
      const { by = '', reason = '' } = summary.termination ?? {};
      return {
        code: 'terminated',
        sentence: `It was terminated at ${since}${byWhom(by, reason)}, without cleanup.`,
        since,
        ...who(by, reason),
        actions: [again],
      };
    }
    default: {
      const error = summary.failure ?? { code: 'Error', message: 'no message' };
      return {
        code: 'failed',
        sentence: `It failed at ${since} with ${inShort(error)}. An operator can run it again.`,
        since,
        error,
        ...lastAttemptOf(summary),
        actions: [again],
      };
    }
  }
}

/** Returns the attempt that failed the job, if it was an activity's. */
function lastAttemptOf({ activities }: HistorySummary): Pick<Why, 'activity' | 'attempt' | 'of'> {
  const failed = activities.findLast((track) => track.end?.error);
  if (!failed?.lastAttempt) return {};
  return {
    activity: failed.type,
    attempt: failed.lastAttempt.number,
    ...(failed.retry.maximumAttempts > 0 ? { of: failed.retry.maximumAttempts } : {}),
  };
}
