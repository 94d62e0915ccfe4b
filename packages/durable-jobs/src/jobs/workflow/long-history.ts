import { patched, workflowInfo } from '@temporalio/workflow';

/**
 * Whether a run that accepts an unlimited number of messages should continue as new now, because its history is long. It is checked
 * whenever the run wakes up, including during a wait, because messages may arrive then.
 */
export function isHistoryLong(): boolean {
  return workflowInfo().continueAsNewSuggested && patched('continues-while-waiting');
}
