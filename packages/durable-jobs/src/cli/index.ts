/** Commands that an application runs as processes of its own. */
export { runSchedulesCommand } from './schedules.ts';
