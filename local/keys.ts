/**
 * `npm run keys -- create|list|revoke`: the command `keys` of the library, on the database of the stack that `npm
 * start` runs if the environment names no other.
 */
import { runKeysCommand } from 'durable-jobs/cli';
import { useStackDatabase } from 'durable-jobs/dev/running';
import { stateDir } from './paths.ts';

useStackDatabase(stateDir, process.env);
await runKeysCommand();
