import { z } from 'zod';
import { defineWorkflow } from 'durable-jobs/define';
import { taskQueues } from '../names.ts';

const input = z.strictObject({});

/** There is nothing to say: there is one set of statistics. */
export type RefreshStatisticsInput = z.infer<typeof input>;

/** The statistics as they are now. */
export interface RefreshStatisticsResult {
  /** ISO 8601: the time that the figures are of. */
  refreshedAt: string;
  /** `fresh`: another run had begun a refresh after this one was due, so there was nothing left to do. */
  outcome: 'refreshed' | 'fresh';
}

/** Refreshes what `GET /api/stats` serves. */
export const refreshStatistics = defineWorkflow({
  type: 'refreshStatistics',
  description: 'Refreshes the statistics that GET /api/stats serves.',
  input,
  taskQueue: taskQueues.jobs,
  businessKey: () => 'all',
  summary: () => 'Refresh of the statistics',
  startPolicy: 'in-turn',
  schedulable: true,
});
