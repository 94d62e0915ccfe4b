import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';
import { SummaryReporter } from './test/support/summary-reporter.ts';

/**
 * Processes at a time: those of crash tests mostly wait, for a dead worker to be noticed, say. Other projects let fewer of their files run at
 * a time, see `turns`: CI machines have two cores.
 */
const FORKS = 4;

/** Threads at a time. Unit tests compute rather than wait, and CI machines have two cores. */
const THREADS = 2;

/** Runs this many files of a project at a time. Their processes, at most FORKS, are there already when their turn comes. */
const turns = (name: string, atATime: number) => ({
  setupFiles: ['test/support/turn.ts'],
  provide: { turns: { name, atATime } },
});

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
    testTimeout: 180_000,
    hookTimeout: 180_000,
    teardownTimeout: 60_000,
    // Otherwise a second.
    expect: { poll: { timeout: 60_000 } },
    setupFiles: ['test/support/end-with-runner.ts', 'test/support/temporary-folder.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    sequence: { sequencer: LongestFirst },
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
      // Each of these has a native core, a JVM and a bundle.
      project('workflows', ['test/workflows/**/*.test.ts'], turns('workflows', 2)),
      project(
        'integration',
        ['test/{integration,upgrade,examples,docs}/**/*.test.ts'],
        turns('integration', 3),
      ),
      project('replay', ['test/replay/**/*.test.ts']),
      project('crash', ['test/crash/**/*.test.ts'], {
        testTimeout: 600_000,
        sequence: { groupOrder: 1 },
      }),
      project('e2e', ['test/e2e/**/*.test.ts'], {
        // They need the machine for a browser.
        ...turns('e2e', 1),
        sequence: { groupOrder: 2 },
      }),
    ],
  },
});
