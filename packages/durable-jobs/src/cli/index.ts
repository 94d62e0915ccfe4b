/** Commands that an application runs as separate processes. */
export { runSchedulesCommand } from './schedules.ts';
