/**
 * `npm run keys -- create|list|revoke`: the command of packages/durable-jobs/src/cli/keys-main.ts, on the database of the stack that `npm
 * start` runs if the environment names no other.
 */
import { useStackDatabase } from '../packages/durable-jobs/src/dev/stack-file.ts';
import { stateDir } from './paths.ts';

useStackDatabase(stateDir, process.env);
await import('../packages/durable-jobs/src/cli/keys-main.ts');
