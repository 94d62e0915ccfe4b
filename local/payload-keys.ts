/**
 * `npm run payload-keys -- list|rewrap|forget`: the command of packages/durable-jobs/src/cli/payload-keys-main.ts, on the database
 * and the engine of the stack that `npm start` runs, unless the environment names others.
 */
import { useStackDatabase, useStackTemporal } from '../packages/durable-jobs/src/dev/stack-file.ts';
import { stateDir } from './paths.ts';

useStackDatabase(stateDir, process.env);
useStackTemporal(stateDir, process.env);
await import('../packages/durable-jobs/src/cli/payload-keys-main.ts');
