/**
 * `npm run schedules -- plan|apply|check`: the command of schedules/main.ts, against the stack that `npm start` runs where
 * it does and the environment names no other server.
 */
import { readStack, useStackDatabase } from './stack-file.ts';

const stack = readStack();
if (stack && !process.env.TEMPORAL_ADDRESS && !process.env.TEMPORAL_PROFILE) {
  process.env.TEMPORAL_ADDRESS = stack.urls.temporalAddress;
}
useStackDatabase();
process.env.LOG_LEVEL ??= 'warn';
await import('../schedules/main.ts');
