import { workflowInfo } from '@temporalio/workflow';
import { scheduledStartTime } from '../../engine/search-attributes.ts';

/**
 * Returns the nominal time of this run: the planned time, if a schedule started it, so that a run that is caught up after an outage
 * processes its intended period; otherwise the time at which it was started.
 */
export function nominalTime(): Date {
  const { typedSearchAttributes, startTime } = workflowInfo();
  return typedSearchAttributes.get(scheduledStartTime) ?? startTime;
}
