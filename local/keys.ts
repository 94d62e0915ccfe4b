/**
 * `npm run keys -- create|list|revoke`: the command `keys` of the library, on the database of the stack that `npm
 * start` runs if the environment and `.env` name no other.
 */
import { runKeysCommand } from 'durable-jobs/cli';
import { projectRoot } from './paths.ts';

await runKeysCommand({ folder: projectRoot });
