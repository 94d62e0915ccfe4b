/**
 * The tests that judge changes, in Stryker's copy of the project, which is the current folder: unit tests that import a changed file, or the
 * module's integration tests.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';
import type { Vite } from 'vitest/node';
import { JUDGES, type Judges } from './judges.ts';

/** The library's exports, as files of the copy: node_modules leads to the original. */
const { exports: exported } = JSON.parse(
  readFileSync(resolve('packages/durable-jobs/package.json'), 'utf8'),
) as { exports: Record<string, { 'durable-jobs-source'?: string }> };
const alias = Object.entries(exported).flatMap(([path, { 'durable-jobs-source': source }]) =>
  source === undefined
    ? []
    : {
        find: new RegExp(`^durable-jobs${path.slice(1)}$`),
        replacement: resolve('packages/durable-jobs', source),
      },
);

const judges = process.env[JUDGES];

const unit = {
  include: [
    '{contracts,domain,packages/durable-jobs/src,api,worker,workflows,activities,schedules}/**/*.test.ts',
  ],
};

/** Stryker chooses threads, which cannot share the SDK's native core. */
const inProcesses: Vite.Plugin = {
  name: 'in-processes',
  configureVitest: ({ project }) => void (project.config.pool = 'forks'),
};

const integration = ({ tests, provide }: Judges): object => ({
  include: [...tests],
  provide,
  setupFiles: [
    'test/support/end-with-runner.ts',
    'test/support/temporary-folder.ts',
    'test/support/sdk-runtime.ts',
  ],
  expect: { poll: { timeout: 60_000 } },
});

export default defineConfig({
  root: process.cwd(),
  resolve: { alias },
  plugins: judges === undefined ? [] : [inProcesses],
  test: {
    ...(judges === undefined ? unit : integration(JSON.parse(judges) as Judges)),
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
