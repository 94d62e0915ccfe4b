import { Condition } from '../../engine/visibility-query.ts';

/** Returns the condition that a run has one of these statuses, in the engine's words. */
export function isOneOf(...statuses: readonly string[]): Condition {
  return Condition.isOneOf('ExecutionStatus', statuses);
}
