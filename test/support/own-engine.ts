import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { buildTemporal } from '../../local/build-temporal.ts';
import { reservePort } from '../../packages/durable-jobs/src/dev/ports.ts';
import { resolveTemporalCli } from '../../packages/durable-jobs/src/dev/temporal-cli.ts';
import {
  startTemporal,
  type TemporalServerOptions,
} from '../../packages/durable-jobs/src/dev/temporal-server.ts';

/** An engine that a test may kill. It stores its state in a file, like the one of `npm start`. */
export interface OwnEngine {
  address: () => string;
  /** The file. The last writes may still be in the write-ahead log next to it, whose name ends with `-wal`. */
  dbFile: () => string;
  /** Ends it immediately, like a power cut. */
  kill: () => Promise<void>;
  /** Starts it again with the same file and address. */
  restart: () => Promise<void>;
}

/**
 * Starts an engine before the tests of a file and stops it after them. Call it before `useService`. `state` is its initial state: the
 * contents of its file and of the write-ahead log.
 */
export function useOwnEngine(
  dynamicConfig: readonly string[] = [],
  state?: { file: Buffer; log: Buffer },
): OwnEngine {
  let engine: Awaited<ReturnType<typeof startTemporal>>;
  let options: TemporalServerOptions;
  let folder = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'durable-jobs-test-'));
    options = {
      executable: (await resolveTemporalCli(() => undefined, { build: buildTemporal })).path,
      port: (await reservePort()).port,
      uiPort: (await reservePort()).port,
      logFile: join(folder, 'temporal.log'),
      dbFile: join(folder, 'temporal.db'),
      dynamicConfig,
    };
    if (state) {
      await writeFile(join(folder, 'temporal.db'), state.file);
      await writeFile(join(folder, 'temporal.db-wal'), state.log);
    }
    engine = await startTemporal(options);
  });
  afterAll(async () => {
    await engine.stop();
    await rm(folder, { recursive: true, force: true });
  });

  return {
    address: () => engine.address,
    dbFile: () => join(folder, 'temporal.db'),
    kill: async () => {
      process.kill(engine.process.pid, 'SIGKILL');
      await engine.process.exited;
    },
    restart: async () => {
      engine = await startTemporal(options);
    },
  };
}
