/**
 * `npm run payload-keys -- list|rewrap|forget`: the command `payload-keys` of the library, on the database
 * and the engine of the stack that `npm start` runs, unless the environment names others.
 */
import { runPayloadKeysCommand } from 'durable-jobs/cli';
import { useStackDatabase, useStackTemporal } from 'durable-jobs/dev/running';
import { stateDir } from './paths.ts';

useStackDatabase(stateDir, process.env);
useStackTemporal(stateDir, process.env);
await runPayloadKeysCommand();
