/**
 * `npm run schedules -- plan|apply|check`: the command of schedules/main.ts, against the stack that `npm start` runs if the environment
 * and `.env` name no other server.
 */
import { runSchedulesCommand } from 'durable-jobs/cli';
import { loadDefinitions } from '../schedules/definitions.ts';
import { projectRoot } from './paths.ts';

await runSchedulesCommand(loadDefinitions, { folder: projectRoot });
