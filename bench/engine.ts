import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';
import { goInstall } from '../local/go-install.ts';
import { findOnPath, isExecutable, runTask } from '../packages/durable-jobs/src/dev/executables.ts';
import { cacheFolder, ensureDir } from '../packages/durable-jobs/src/dev/paths.ts';
import { reservePort } from '../packages/durable-jobs/src/dev/ports.ts';
import { startPostgres } from '../packages/durable-jobs/src/dev/postgres.ts';
import { startProcess } from '../packages/durable-jobs/src/dev/supervised-process.ts';
import { folder } from './folder.ts';

/** A Temporal server on PostgreSQL, with that many history shards: 4 are for one machine, a cluster starts at 512. */
export type PostgresEngineKind = 'postgres-4' | 'postgres-512';

/** A running engine. */
export interface Engine {
  address: string;
  /** The processes by name. */
  processes: Record<string, number>;
  /** The database of its lists. */
  visibilityUrl: string;
  stop: () => Promise<void>;
}

/** The version of docker-compose.yml, and the schema versions that it expects (its `schema/postgresql/v12/version.go`). */
const SERVER_VERSION = '1.29.1';
const SCHEMAS = { temporal: '1.18', visibility: '1.9' } as const;

const NAMESPACE = 'default';
const RETENTION = '7 days';
const KEYWORD = proto.temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD;

/**
 * Starts a Temporal server whose state and visibility are in a PostgreSQL of its own. Its programs are those on PATH, or are built with Go and
 * kept in the cache.
 */
export async function startPostgresEngine(kind: PostgresEngineKind, signal: AbortSignal): Promise<Engine> {
  const server = await resolveProgram('temporal-server', 'cmd/server', signal);
  const sqlTool = await resolveProgram('temporal-sql-tool', 'cmd/tools/sql', signal);
  const [postgresPort, ...ports] = await freePorts(9);
  const dir = ensureDir(join(folder, 'engine'));
  const database = await startPostgres({
    dir: join(dir, 'postgres'),
    port: postgresPort ?? 0,
    logFile: join(dir, 'postgres.log'),
    database: 'temporal',
    durable: true,
  });
  try {
    const { password } = new URL(database.url);
    const env = { ...process.env, SQL_PASSWORD: password };
    const tool = (name: string, ...args: string[]): Promise<string> =>
      runTask(
        sqlTool,
        [
          ...['--plugin', 'postgres12', '--endpoint', '127.0.0.1', '--port', String(postgresPort)],
          ...['--user', 'postgres', '--database', name, ...args],
        ],
        { env, cwd: dir, timeoutMs: 120_000, signal },
      );
    await tool('temporal_visibility', 'create');
    for (const [schema, version] of Object.entries(SCHEMAS)) {
      const name = schema === 'temporal' ? 'temporal' : 'temporal_visibility';
      await tool(name, 'setup-schema', '--version', version, '--schema-name', `postgresql/v12/${schema}`);
    }
    const config = {
      postgresPort: postgresPort ?? 0,
      password,
      shards: kind === 'postgres-4' ? 4 : 512,
      ports,
    };
    writeConfig(ensureDir(join(dir, 'config')), config);
    const address = `127.0.0.1:${ports[0]}`;
    const running = await startProcess(
      {
        name: 'temporal-server',
        command: server,
        args: ['--root', dir, '--config', 'config', '--env', 'bench', '--allow-no-auth', 'start'],
        env: { PATH: process.env.PATH },
        cwd: dir,
        logFile: join(dir, 'server.log'),
        isReady: () => prepareNamespace(address),
        readyTimeoutMs: 180_000,
        stopSignal: 'SIGTERM',
        stopGraceMs: 30_000,
      },
      signal,
    );
    return {
      address,
      visibilityUrl: Object.assign(new URL(database.url), { pathname: '/temporal_visibility' }).href,
      processes: { temporal: running.pid, 'engine database': database.pid },
      stop: async () => {
        await running.stop();
        await database.stop();
      },
    };
  } catch (error) {
    await database.stop();
    throw error;
  }
}

async function freePorts(count: number): Promise<number[]> {
  const reserved = [];
  for (let index = 0; index < count; index++) reserved.push(await reservePort());
  for (const { release } of reserved) release();
  return reserved.map(({ port }) => port);
}

/** Creates the namespace and the search attributes of jobs. It takes some seconds until every part of a server knows them. */
async function prepareNamespace(address: string): Promise<boolean> {
  const connection = await Connection.connect({ address, connectTimeout: 2_000, interceptors: [] });
  try {
    const { workflowService, operatorService } = connection;
    const namespaces = await workflowService.listNamespaces({});
    if (!namespaces.namespaces.some((one) => one.namespaceInfo?.name === NAMESPACE))
      await workflowService.registerNamespace({
        namespace: NAMESPACE,
        workflowExecutionRetentionPeriod: msToTs(RETENTION),
      });
    const wanted = ['JobType', 'BusinessKey'];
    const { customAttributes } = await operatorService.listSearchAttributes({ namespace: NAMESPACE });
    if (wanted.every((name) => name in customAttributes)) return true;
    await operatorService.addSearchAttributes({
      namespace: NAMESPACE,
      searchAttributes: Object.fromEntries(wanted.map((name) => [name, KEYWORD])),
    });
    return false;
  } finally {
    await connection.close();
  }
}

/** Writes the server's configuration: all its services in one process. */
function writeConfig(
  dir: string,
  options: { postgresPort: number; password: string; shards: number; ports: readonly number[] },
): void {
  const { postgresPort, password, shards, ports } = options;
  const store = (databaseName: string, maxConns: number): object => ({
    sql: {
      pluginName: 'postgres12',
      databaseName,
      connectAddr: `127.0.0.1:${postgresPort}`,
      connectProtocol: 'tcp',
      user: 'postgres',
      password,
      maxConns,
      maxIdleConns: maxConns,
      maxConnLifetime: '1h',
    },
  });
  const services = Object.fromEntries(
    ['frontend', 'matching', 'history', 'worker'].map((name, index) => [
      name,
      { rpc: { grpcPort: ports[2 * index], membershipPort: ports[2 * index + 1], bindOnLocalHost: true } },
    ]),
  );
  const config = {
    log: { stdout: true, level: 'warn' },
    persistence: {
      defaultStore: 'default',
      visibilityStore: 'visibility',
      numHistoryShards: shards,
      datastores: { default: store('temporal', 40), visibility: store('temporal_visibility', 10) },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: '127.0.0.1' } },
    services,
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: {
          enabled: true,
          initialFailoverVersion: 1,
          rpcName: 'frontend',
          rpcAddress: `127.0.0.1:${ports[0]}`,
        },
      },
    },
    dcRedirectionPolicy: { policy: 'noop' },
    dynamicConfigClient: { filepath: join(dir, 'dynamic.yaml'), pollInterval: '60s' },
  };
  // JSON is YAML.
  writeFileSync(join(dir, 'bench.yaml'), JSON.stringify(config));
  const dynamic = {
    'matching.useNewMatcher': [{ value: true }],
    'matching.enableFairness': [{ value: true }],
    'frontend.activityAPIsEnabled': [{ value: true }],
    // Lists and counts per second, as in deploy/temporal.
    'frontend.namespaceRPS.visibility': [{ value: 50 }],
  };
  writeFileSync(join(dir, 'dynamic.yaml'), JSON.stringify(dynamic));
}

async function resolveProgram(name: string, command: string, signal: AbortSignal): Promise<string> {
  const onPath = findOnPath(name);
  if (onPath !== undefined) return onPath;
  const cached = join(cacheFolder(), 'bin', `${name}-${SERVER_VERSION}`);
  if (isExecutable(cached)) return cached;
  ensureDir(dirname(cached));
  console.log(`Building ${name} ${SERVER_VERSION}, which takes some minutes.`);
  await goInstall(`go.temporal.io/server/${command}@v${SERVER_VERSION}`, cached, {
    report: () => undefined,
    signal,
  });
  return cached;
}
