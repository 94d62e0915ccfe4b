/**
 * `npm run schedules -- plan|apply|check`: the command of schedules/main.ts, against the stack that `npm start` runs where
 * it does and the environment names no other server.
 */
import { useStackDatabase, useStackTemporal } from './stack-file.ts';

useStackTemporal();
useStackDatabase();
process.env.LOG_LEVEL ??= 'warn';
await import('../schedules/main.ts');
