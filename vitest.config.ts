import { defineConfig } from 'vitest/config';
import { SummaryReporter } from './test/support/summary-reporter.ts';

/** Processes at a time: each file of workflow tests has a native core, a JVM and a bundle, and CI machines have two cores. */
const FORKS = 2;

/** Threads at a time. Unit tests compute rather than wait, and CI machines have two cores. */
const THREADS = 2;

/** Files of these run one after the other, after all others: they need the machine for a browser. */
const alone = { setupFiles: ['test/support/alone.ts'] };

/**
 * Files of these share threads, each of which loads the packages once; for each file, the project's own modules are loaded again. They run
 * before all others, so that the two kinds do not compete.
 */
const unconnected = {
  pool: 'threads' as const,
  poolOptions: { threads: { isolate: true } },
  sequence: { groupOrder: -1 },
};

const project = (name: string, include: string[], options: object = {}) => ({
  extends: true as const,
  test: { name, include, ...options },
});

export default defineConfig({
  // The library's sources rather than its build.
  ssr: { resolve: { conditions: ['durable-jobs-source', 'node'] } },
  test: {
    // Processes rather than threads: the SDK's native core does not share one between workers of a test runner.
    pool: 'forks',
    poolOptions: {
      forks: { minForks: 1, maxForks: FORKS },
      // Said here, it keeps a thread for the next file; said by a project, it is about the modules.
      threads: { minThreads: 1, maxThreads: THREADS, isolate: false },
    },
    // For what hangs; what is only slow on a busy machine, with a JVM and a native core for each file, is given its time.
    testTimeout: 90_000,
    hookTimeout: 120_000,
    teardownTimeout: 60_000,
    setupFiles: ['test/support/end-with-runner.ts', 'test/support/temporary-folder.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    reporters: ['default', new SummaryReporter()],
    projects: [
      project(
        'unit',
        [
          '{contracts,domain,packages/durable-jobs/src,api,worker,workflows,activities,schedules,local,tools}/**/*.test.ts',
          'test/unit/**/*.test.ts',
        ],
        unconnected,
      ),
      project('workflows', ['test/workflows/**/*.test.ts']),
      project('integration', ['test/{integration,upgrade,examples,docs}/**/*.test.ts']),
      project('replay', ['test/replay/**/*.test.ts']),
      project('crash', ['test/crash/**/*.test.ts'], {
        testTimeout: 180_000,
        sequence: { groupOrder: 1 },
      }),
      project('e2e', ['test/e2e/**/*.test.ts'], {
        ...alone,
        testTimeout: 180_000,
        sequence: { groupOrder: 2 },
      }),
    ],
  },
});
