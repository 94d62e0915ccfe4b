import { workflowInfo } from '@temporalio/workflow';
import { scheduledStartTime } from '../../engine/search-attributes.ts';

/**
 * The time that this run is for: the one it was planned for, if a schedule started it, so that a run which is caught up after an outage
 * treats the period it was meant to; else the time at which it was started.
 */
export function nominalTime(): Date {
  const { typedSearchAttributes, startTime } = workflowInfo();
  return typedSearchAttributes.get(scheduledStartTime) ?? startTime;
}
