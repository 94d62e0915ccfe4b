import { Connection } from '@temporalio/client';
import { dispatchSettings } from './dispatch-settings.ts';
import { startProcess, type ProcessSpec, type RunningProcess } from './supervised-process.ts';

/** Options of a Temporal development server. */
export interface TemporalServerOptions {
  /** The Temporal CLI. */
  executable: string;
  port: number;
  uiPort: number;
  logFile: string;
  /** File that keeps its state across restarts; in memory by default. */
  dbFile?: string;
  /** Endpoint with which the Web UI decrypts payloads. */
  codecEndpoint?: string;
  /** Namespaces in addition to `default`. */
  namespaces?: readonly string[];
  /** Dynamic configuration in addition to the standard settings, as `name=value`. */
  dynamicConfig?: readonly string[];
}

/** The search attributes of the engine's names: the server has them from its start, so that nobody has to add them. */
const SEARCH_ATTRIBUTES = ['JobType=Keyword', 'BusinessKey=Keyword'];

/**
 * The development server has one shard, whose queues it polls 20 times per second by default, which adds up to 50 ms to each step of each
 * workflow.
 */
const DYNAMIC_CONFIG = [
  'history.transferProcessorMaxPollRPS=2000',
  'history.timerProcessorMaxPollRPS=2000',
  'history.visibilityProcessorMaxPollRPS=2000',
  // The server repeats what it has not acknowledged before it stopped, and would begin retries that wait for their time. The default is 30 s.
  'history.transferProcessorUpdateAckInterval="2s"',
  'history.timerProcessorUpdateAckInterval="2s"',
  // Lets operators pause, reset and change activities.
  'frontend.activityAPIsEnabled=true',
];

/** SQLite's defaults halve the throughput; with these settings, a crash of the process still loses nothing. */
const SQLITE_PRAGMAS = ['journal_mode=WAL', 'synchronous=NORMAL'];

/** Returns how to run a Temporal development server with its Web UI. */
export function temporalServerSpec(options: TemporalServerOptions): ProcessSpec {
  const repeated = (flag: string, values: readonly string[]): string[] =>
    values.flatMap((value) => [flag, value]);
  return {
    name: 'Temporal',
    command: options.executable,
    args: [
      ...['server', 'start-dev', '--ip', '127.0.0.1'],
      ...['--port', String(options.port), '--ui-port', String(options.uiPort)],
      ...['--log-level', 'warn', '--log-format', 'json'],
      ...(options.codecEndpoint === undefined ? [] : ['--ui-codec-endpoint', options.codecEndpoint]),
      ...repeated('--namespace', options.namespaces ?? []),
      ...repeated('--search-attribute', SEARCH_ATTRIBUTES),
      ...repeated('--dynamic-config-value', [
        ...DYNAMIC_CONFIG,
        ...dispatchSettings(options.dbFile),
        ...(options.dynamicConfig ?? []),
      ]),
      ...(options.dbFile === undefined
        ? []
        : ['--db-filename', options.dbFile, ...repeated('--sqlite-pragma', SQLITE_PRAGMAS)]),
    ],
    // The server must not use this process's Temporal variables, such as a profile for a real cluster.
    env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_'))),
    logFile: options.logFile,
    isReady: () => namespaceAnswers(`127.0.0.1:${options.port}`),
    readyTimeoutMs: 60_000,
    stopSignal: 'SIGTERM',
    stopGraceMs: 15_000,
  };
}

/** Starts a Temporal development server and waits until it responds. */
export async function startTemporal(
  options: TemporalServerOptions,
): Promise<{ address: string; uiUrl: string; process: RunningProcess; stop: () => Promise<void> }> {
  const process = await startProcess(temporalServerSpec(options));
  return {
    address: `127.0.0.1:${options.port}`,
    uiUrl: `http://127.0.0.1:${options.uiPort}`,
    process,
    stop: async () => {
      await process.stop();
    },
  };
}

/** Whether a server returns a namespace. */
export async function namespaceAnswers(address: string, namespace = 'default'): Promise<boolean> {
  // Connects with the call, whose error then contains the reason, and without the SDK's own retries.
  const connection = Connection.lazy({ address, interceptors: [] });
  try {
    await connection.withDeadline(Date.now() + 2_000, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
    return true;
  } finally {
    await connection.close();
  }
}
