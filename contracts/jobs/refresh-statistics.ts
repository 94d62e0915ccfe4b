import { WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from '@temporalio/common';
import { z } from 'zod';
import { defineJob } from '../define-job.ts';
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

/** Brings up to date what `GET /api/stats` serves. Started while one runs, it is that one. */
export const refreshStatistics = defineJob({
  type: 'refreshStatistics',
  description: 'Refreshes the statistics that GET /api/stats serves.',
  input,
  taskQueue: taskQueues.jobs,
  businessKey: () => 'all',
  summary: () => 'Refresh of the statistics',
  reusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
  conflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
  schedulable: true,
});
