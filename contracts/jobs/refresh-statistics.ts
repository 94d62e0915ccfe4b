import { z } from 'zod';
import { defineWorkflow } from 'durable-jobs/define';
import { taskQueues } from '../names.ts';

const input = z.strictObject({});

/** Empty: there is one set of statistics. */
export type RefreshStatisticsInput = z.infer<typeof input>;

/** The state of the statistics after the run. */
export interface RefreshStatisticsResult {
  /** The time of the figures, in ISO 8601. */
  refreshedAt: string;
  /** `fresh`: another run had begun a refresh after this one was due, so there was nothing left to do. */
  outcome: 'refreshed' | 'fresh';
}

/** Refreshes the statistics that `GET /api/stats` returns. */
export const refreshStatistics = defineWorkflow({
  type: 'refreshStatistics',
  description: 'Refreshes the statistics that GET /api/stats serves.',
  input,
  taskQueue: taskQueues.jobs,
  businessKey: () => 'all',
  summary: () => 'Refresh of the statistics',
  startPolicy: 'in-turn',
  versioning: 'pinned',
  schedulable: true,
});
