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

const sdkRuntime = 'test/support/sdk-runtime.ts';

/** Runs this many files of a project at a time; others wait in a process that has loaded them already. */
const turns = (name: string, atATime: number) => ({
  runner: 'test/support/turn-runner.ts',
  provide: { turns: { name, atATime } },
});

/**
 * Files of a project share processes, each of which loads the packages once; for each file, the project's own modules are loaded again. The
 * runner runs one of these projects after the other.
 */
const inProcesses = { poolOptions: { forks: { isolate: true } } };

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
      // Said here, `isolate` keeps a process or thread for the next file of its project, with the packages that it has loaded; said by a
      // project, it is about the project's own modules.
      // With a smaller minimum, the pool ends idle ones, sometimes one of them twice, which ends the run.
      forks: { minForks: FORKS, maxForks: FORKS, isolate: false },
      threads: { minThreads: THREADS, maxThreads: THREADS, isolate: false },
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
      project('workflows', ['test/workflows/**/*.test.ts'], { ...inProcesses, ...turns('workflows', 2) }),
      project('integration', ['test/{integration,upgrade,examples,docs}/**/*.test.ts'], {
        ...inProcesses,
        ...turns('integration', 3),
        setupFiles: [sdkRuntime],
      }),
      project('replay', ['test/replay/**/*.test.ts'], inProcesses),
      project('crash', ['test/crash/**/*.test.ts'], {
        ...inProcesses,
        setupFiles: [sdkRuntime],
        testTimeout: 600_000,
        sequence: { groupOrder: 1 },
      }),
      project('e2e', ['test/e2e/**/*.test.ts'], {
        ...inProcesses,
        // They need the machine for a browser.
        ...turns('e2e', 1),
        setupFiles: [sdkRuntime],
        sequence: { groupOrder: 2 },
      }),
    ],
  },
});
