/** Recurring jobs. */
export {
  defineSchedule,
  scheduleDefinition,
  type ScheduleDefinition,
  type ScheduleInput,
} from './definition.ts';
export { scheduleDocs } from './docs.ts';
export { printPlan, summarisePlan } from './print-plan.ts';
export { applyChanges, type Change, changedIds, isSettled, planSchedules } from './reconcile.ts';
export { inScheduleTurn } from './request-turn.ts';
export { createScheduler, ScheduleTakenError } from './scheduler.ts';
export { type TakeTurn, turnsIn, withoutTurns } from './turn.ts';
