import { join } from 'node:path';
import type { Report } from '../../../packages/durable-jobs/src/dev/wait.ts';
import { resolvePythonEnvironment } from './python-environment.ts';

/** Where the Python generator is, and the Python with the packages that its clients need; otherwise how to install them. */
export type PythonGenerator =
  | { generator: string; python: string; howToGet?: undefined }
  | { generator?: undefined; python?: undefined; howToGet: string };

/** Finds openapi-python-client in the project's cache, or installs the version of openapi-python-client.txt there. */
export async function resolveOpenapiPythonClient(report: Report): Promise<PythonGenerator> {
  const { bin, howToGet } = await resolvePythonEnvironment('openapi-python-client', report);
  if (bin === undefined) return { howToGet };
  return { generator: join(bin, 'openapi-python-client'), python: join(bin, 'python') };
}
