import { sql } from 'kysely';
import type { Trx } from '../database/schema.ts';
import type { JobRules } from 'durable-jobs/jobs';

/** Acting on a reconciliation: a run that was terminated never says so itself. */
export const reconciliationRules: JobRules = {
  async settle(trx: Trx, { id, closedAt = new Date() }) {
    await trx
      .updateTable('reconciliations')
      .set({ status: 'failed', ended_at: sql<Date>`now()` })
      .where('job_id', '=', id)
      .where('status', '=', 'running')
      .where('started_at', '<=', closedAt)
      .execute();
    return { did: 'Its run is noted as failed. The next one compares what this one left.', starts: [] };
  },
};
