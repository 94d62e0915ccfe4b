import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, inject, it } from 'vitest';
import { sourceFlag } from '../../local/node-flags.mjs';

/** Modules that only a process that serves the API needs. */
const API_MODULES =
  /\/node_modules\/(express|zod-openapi|pino-http|helmet|express-rate-limit)\/|\/src\/(console\/routes|http\/openapi\/(document|routes)|api\/create-api|application\/serve-api)/;

/** Runs a module's code, and returns the URLs of all modules that its process loaded, as reported by Node's own coverage. */
async function modulesLoadedBy(code: string): Promise<string[]> {
  const folder = join(tmpdir(), randomUUID());
  await execa(process.execPath, [sourceFlag, '--input-type=module', '--eval', code], {
    cwd: inject('compiledSources'),
    extendEnv: false,
    env: { PATH: process.env.PATH, NODE_V8_COVERAGE: folder },
    reject: false,
    timeout: 60_000,
  });
  const files = await readdir(folder);
  const reports = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  return reports.flatMap((report) =>
    (JSON.parse(report) as { result: { url: string }[] }).result.map(({ url }) => url),
  );
}

const apiModules = (urls: readonly string[]): string[] => urls.filter((url) => API_MODULES.test(url));

describe('the API', () => {
  it.each([
    ['durable-jobs', `await import('durable-jobs')`, 'application/create-durable-jobs.js'],
    ['what it runs workers by', `await import('durable-jobs/worker')`, 'worker/run-worker.js'],
    ['the worker of the application', `await import('./worker/main.js')`, 'activities/create-activities.js'],
  ])('is not loaded by %s', async (_, code, loadedFile) => {
    const loaded = await modulesLoadedBy(code);
    expect(loaded.filter((url) => url.endsWith(loadedFile))).not.toEqual([]);
    expect(apiModules(loaded)).toEqual([]);
  });

  it('is loaded once a router is made', async () => {
    const loaded = await modulesLoadedBy(`
      const { createDurableJobs } = await import('durable-jobs');
      const env = { DATABASE_URL: 'postgresql://127.0.0.1:1/none', API_KEY: 'key-of-the-tests-16', APP_SECRET: 'x'.repeat(40) };
      createDurableJobs({ env }).router();
    `);
    expect(apiModules(loaded).filter((url) => /\/(express|zod-openapi)\/|serve-api/.test(url))).not.toEqual(
      [],
    );
  });

  it('ends the process, naming the error, where a route of the application is wrong', async () => {
    const { exitCode, stderr } = await execa(
      process.execPath,
      [
        sourceFlag,
        '--input-type=module',
        '--eval',
        `
          const { createDurableJobs } = await import('durable-jobs');
          const env = { DATABASE_URL: 'postgresql://127.0.0.1:1/none', API_KEY: 'key-of-the-tests-16', APP_SECRET: 'x'.repeat(40) };
          const routes = () => { throw new Error('the route of invoices is wrong'); };
          createDurableJobs({ env, routes }).router();
          setInterval(() => undefined, 1_000);
        `,
      ],
      { cwd: inject('compiledSources'), reject: false, timeout: 60_000 },
    );
    expect(stderr).toContain('Error: the route of invoices is wrong');
    expect(exitCode).toBe(1);
  });
});
