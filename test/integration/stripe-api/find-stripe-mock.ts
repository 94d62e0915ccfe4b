import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** The version that the tests were written with, and how to get it. */
export const installStripeMock = 'go install github.com/stripe/stripe-mock@v0.203.0';

/** Where stripe-mock is: as STRIPE_MOCK_PATH says, on the PATH, or in the project's cache; undefined if nowhere. */
export function findStripeMock(environment: NodeJS.ProcessEnv): string | undefined {
  const named = environment.STRIPE_MOCK_PATH;
  if (named) return named;
  const caches = environment.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const cache = environment.DURABLE_JOBS_CACHE ?? join(caches, 'durable-jobs');
  const folders = [...(environment.PATH ?? '').split(delimiter).filter(Boolean), join(cache, 'bin')];
  return folders.map((folder) => join(folder, 'stripe-mock')).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
