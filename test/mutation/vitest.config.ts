/** The tests that judge changes. Stryker runs those that import a changed file, in its copy of the project, which is the current folder. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

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

export default defineConfig({
  root: process.cwd(),
  resolve: { alias },
  test: {
    include: [
      '{contracts,domain,packages/durable-jobs/src,api,worker,workflows,activities,schedules}/**/*.test.ts',
    ],
    testTimeout: 180_000,
  },
});
