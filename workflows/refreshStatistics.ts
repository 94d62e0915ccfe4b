import { setCurrentDetails } from '@temporalio/workflow';
import type { ReportActivities } from '../activities/reports.ts';
import type {
  RefreshStatisticsInput,
  RefreshStatisticsResult,
} from '../contracts/jobs/refresh-statistics.ts';
import { proxyCountedActivities, startWhenMeant } from 'durable-jobs/workflow';
import { refreshStatisticsOptions } from './policies.ts';

const { refreshStatisticsView } = proxyCountedActivities<ReportActivities>(refreshStatisticsOptions);

/** Refreshes the statistics. */
export async function refreshStatistics(_input: RefreshStatisticsInput): Promise<RefreshStatisticsResult> {
  await startWhenMeant();
  setCurrentDetails('Refreshing the statistics.');
  const result = await refreshStatisticsView({ dueAt: new Date().toISOString() });
  setCurrentDetails(`The statistics were refreshed at ${result.refreshedAt}.`);
  return result;
}
