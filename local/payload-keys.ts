/**
 * `npm run payload-keys -- list|rewrap|forget`: the command `payload-keys` of the library, on the database
 * and the engine of the stack that `npm start` runs, unless the environment or `.env` names others.
 */
import { runPayloadKeysCommand } from 'durable-jobs/cli';
import { projectRoot } from './paths.ts';

await runPayloadKeysCommand({ folder: projectRoot });
