import { cancelAbandonedBulkJob, requeueBulkJob } from './rows.ts';
import { continueBulkSignal, pauseBulkSignal, resumeBulkSignal } from './signals.ts';
import { ActionRefusedError } from '../jobs/act/refusal.ts';
import type { JobRules } from '../jobs/act/job-rules.ts';

/** Rules for actions on the workflow of a bulk job. */
export const bulkRules: JobRules = {
  ownPause: {
    pause: {
      signal: pauseBulkSignal.name,
      did: 'The bulk job begins no more batches; those under way end after the chunk that they are at.',
    },
    resume: { signal: resumeBulkSignal.name, did: 'The bulk job goes on.' },
  },
  ownRetry: { signal: continueBulkSignal.name, did: 'Its next round begins now, unless it is paused.' },

  async withdraw(trx, id) {
    await cancelAbandonedBulkJob(trx, id);
    return { keepsStart: false, did: 'The bulk job is cancelled before it began.' };
  },

  async settle(trx, { businessKey: id }) {
    const left = await cancelAbandonedBulkJob(trx, id);
    if (left === undefined) return { did: 'Nothing was left to do: the bulk job has ended.', starts: [] };
    return { did: `The bulk job is cancelled; ${left} of its items are left.`, starts: [] };
  },

  async beforeRetrying(trx, { businessKey: id }) {
    const left = await requeueBulkJob(trx, id);
    if (left === 0) {
      throw new ActionRefusedError(
        'jobNotRetryable',
        `No item of it is left: POST /api/bulk-jobs/${id}/retry-failed tries those again that failed.`,
      );
    }
    return { bulkJobId: id };
  },
};

/** Rules for actions on the job that creates a bulk job from a query. */
export const startBulkJobRules: JobRules = {
  settle: () =>
    Promise.resolve({
      did: 'A bulk job that it has made goes on: it can be cancelled itself.',
      starts: [],
    }),
};
