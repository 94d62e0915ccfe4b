import { cancelAbandonedBulkJob, requeueBulkJob } from './rows.ts';
import { continueBulkSignal, pauseBulkSignal, resumeBulkSignal } from './signals.ts';
import { ActionRefusedError } from '../jobs/act/refusal.ts';
import type { JobRules } from '../jobs/act/job-rules.ts';

/** Rules for actions on the workflow of a bulk job. */
export const bulkRules: JobRules = {
  ownPause: {
    pause: {
      signal: pauseBulkSignal.name,
      did: 'The bulk job starts no more batches; those in progress stop after their current chunk.',
    },
    resume: { signal: resumeBulkSignal.name, did: 'The bulk job continues.' },
  },
  ownRetry: {
    signal: continueBulkSignal.name,
    did: 'The next round starts now, unless the bulk job is paused.',
  },

  async withdraw(trx, id) {
    await cancelAbandonedBulkJob(trx, id);
    return { keepsStart: false, did: 'The bulk job was cancelled before it started.' };
  },

  async settle(trx, { businessKey: id }) {
    const left = await cancelAbandonedBulkJob(trx, id);
    if (left === undefined)
      return { did: 'Nothing was left to do: the bulk job had already ended.', starts: [] };
    return { did: `The bulk job was cancelled; ${left} of its items were not processed.`, starts: [] };
  },

  async beforeRetrying(trx, { businessKey: id }) {
    const left = await requeueBulkJob(trx, id);
    if (left === 0) {
      throw new ActionRefusedError(
        'jobNotRetryable',
        `No items are left to process: POST /api/bulk-jobs/${id}/retry-failed retries those that failed.`,
      );
    }
    return { bulkJobId: id };
  },
};

/** Rules for actions on the job that creates a bulk job from a query. */
export const startBulkJobRules: JobRules = {
  settle: () =>
    Promise.resolve({
      did: 'A bulk job that it has already created continues; cancel that job separately.',
      starts: [],
    }),
};
