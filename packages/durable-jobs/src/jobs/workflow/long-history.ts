import { patched, workflowInfo } from '@temporalio/workflow';

/**
 * Whether a run that takes messages without limit should continue as new now, because its history is long. Asked whenever the
 * run wakes up, also in the middle of a wait: messages may arrive for as long as it waits.
 */
export function isHistoryLong(): boolean {
  return workflowInfo().continueAsNewSuggested && patched('continues-while-waiting');
}
