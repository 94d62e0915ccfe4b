/**
 * `npm run schedules -- plan|apply|check`: the command of schedules/main.ts, against the stack that `npm start` runs if it does and the
 * environment names no other server.
 */
import { useStackDatabase, useStackTemporal } from 'durable-jobs/dev/running';
import { stateDir } from './paths.ts';

useStackTemporal(stateDir, process.env);
useStackDatabase(stateDir, process.env);
process.env.LOG_LEVEL ??= 'warn';
await import('../schedules/main.ts');
