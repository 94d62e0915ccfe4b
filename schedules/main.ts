/**
 * `schedules plan|apply|check`: compares the declared schedules with the server's, applies them, or exits with 1 if they differ or a
 * declared one is paused. A deployment runs `apply` once.
 */
import { runSchedulesCommand } from 'durable-jobs/cli';
import { loadDefinitions } from './definitions.ts';

await runSchedulesCommand(loadDefinitions);
