import { pathToFileURL } from 'node:url';
import type { DurableJobs } from '../application/create-durable-jobs.ts';
import { requireDevPackage } from '../dev/dev-package.ts';
import { errorMessage } from '../process/errors.ts';
import { printError, RefusedError } from '../process/command.ts';
import { appFiles, requireFile } from './find-file.ts';

/** Interval at which a file that takes long to load is named: it may wait for something itself. */
const SAY_EVERY_MS = 10_000;

/**
 * Imports an application's durable jobs from the given file, or from the first of {@link appFiles} that exists.
 * @throws {UsageError} if there is no such file; {RefusedError} if it can't be imported or does not export them.
 */
export async function loadApplication(folder: string, given: string | undefined): Promise<DurableJobs> {
  const file = requireFile({ folder, option: '--app', given, candidates: appFiles });
  if (/\.m?ts$/.test(file)) {
    requireDevPackage('tsx', 'Reading a TypeScript file');
    const { register } = await import('tsx/esm/api');
    register();
  }
  const loading = setInterval(() => printError(`Still loading ${file} …`), SAY_EVERY_MS);
  let exports: { durableJobs?: unknown };
  try {
    exports = (await import(pathToFileURL(file).href)) as typeof exports;
  } catch (error) {
    throw new RefusedError(`${file} cannot be imported: ${errorMessage(error)}`);
  } finally {
    clearInterval(loading);
  }
  const { durableJobs } = exports;
  if (isDurableJobs(durableJobs)) return durableJobs;
  throw new RefusedError(`${file} must export durableJobs, the return value of createDurableJobs.`);
}

function isDurableJobs(value: unknown): value is DurableJobs {
  return typeof value === 'object' && value !== null && 'application' in value && 'migrate' in value;
}
