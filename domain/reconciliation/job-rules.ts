import { sql } from 'kysely';
import type { Trx } from '../database/schema.ts';
import type { JobRules } from 'durable-jobs/jobs';

/** Rules for the job of a reconciliation: a run that was terminated cannot record its end itself. */
export const reconciliationRules: JobRules = {
  async settle(trx: Trx, { id, closedAt = new Date() }) {
    await trx
      .updateTable('reconciliations')
      .set({ status: 'failed', endedAt: sql<Date>`now()` })
      .where('jobId', '=', id)
      .where('status', '=', 'running')
      .where('startedAt', '<=', closedAt)
      .execute();
    return { did: 'Its run is recorded as failed. The next run compares what this one did not.', starts: [] };
  },
};
