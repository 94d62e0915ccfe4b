import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { stateFolderOf, withEnvFile } from 'durable-jobs/dev/running';

/** The folder of this clone. */
export const projectRoot = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '');

/** Where the local stack keeps what must survive a restart. */
export const stateDir = stateFolderOf(projectRoot, withEnvFile(process.env, join(projectRoot, '.env')).env);
