import { Connection } from '@temporalio/client';
import { startProcess, type ProcessSpec, type RunningProcess } from './supervised-process.ts';

/** How to run a Temporal development server. */
export interface TemporalServerOptions {
  /** The Temporal CLI. */
  executable: string;
  port: number;
  uiPort: number;
  logFile: string;
  /** Keeps everything across restarts; without it all is in memory. */
  dbFile?: string;
  /** Where the Web UI has payloads decrypted. */
  codecEndpoint?: string;
  /** Further namespaces beside `default`. */
  namespaces?: readonly string[];
  /** Settings of the server beside those that every one has, as `name=value`. */
  dynamicConfig?: readonly string[];
}

/** Those of contracts/names.ts: a server knows them from the start, so that no one has to add them. */
const SEARCH_ATTRIBUTES = ['JobType=Keyword', 'BusinessKey=Keyword'];

/**
 * The development server has one shard, whose queues it polls 20 times a second by default: up to 50 ms for each step of
 * each workflow.
 */
const DYNAMIC_CONFIG = [
  'history.transferProcessorMaxPollRPS=2000',
  'history.timerProcessorMaxPollRPS=2000',
  'history.visibilityProcessorMaxPollRPS=2000',
  // Lets operators pause, reset and change activities.
  'frontend.activityAPIsEnabled=true',
];

/** SQLite's defaults halve the throughput; with these, a crash of the process still loses nothing. */
const SQLITE_PRAGMAS = ['journal_mode=WAL', 'synchronous=NORMAL'];

/** Tells how to run a Temporal development server with its Web UI. */
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
      ...repeated('--dynamic-config-value', [...DYNAMIC_CONFIG, ...(options.dynamicConfig ?? [])]),
      ...(options.dbFile === undefined
        ? []
        : ['--db-filename', options.dbFile, ...repeated('--sqlite-pragma', SQLITE_PRAGMAS)]),
    ],
    // Its own variables, such as a profile for a real cluster, are not for this server.
    env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_'))),
    logFile: options.logFile,
    isReady: () => namespaceAnswers(`127.0.0.1:${options.port}`),
    readyTimeoutMs: 60_000,
    stopSignal: 'SIGTERM',
    stopGraceMs: 15_000,
  };
}

/** Starts a Temporal development server and waits until it answers. */
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

/** Whether a server describes a namespace. */
export async function namespaceAnswers(address: string, namespace = 'default'): Promise<boolean> {
  const connection = await Connection.connect({ address, connectTimeout: 2_000 });
  try {
    await connection.withDeadline(Date.now() + 2_000, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
    return true;
  } finally {
    await connection.close();
  }
}
