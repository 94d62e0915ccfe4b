import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { resolveChromium } from './servers/chromium.ts';
import { buildTemporal } from '../../local/build-temporal.ts';
import { runTask } from '../../packages/durable-jobs/src/dev/executables.ts';
import { guardFolder, releaseFolder } from '../../packages/durable-jobs/src/dev/guard.ts';
import { startInbox } from '../../packages/durable-jobs/src/dev/inbox.ts';
import { typescriptFlags } from '../../local/node-flags.mjs';
import { startPaymentSandbox } from '../../tools/payment-sandbox/server.ts';
import { reservePort } from '../../packages/durable-jobs/src/dev/ports.ts';
import { startPostgres } from '../../packages/durable-jobs/src/dev/postgres.ts';
import { searchHistories, type Leak } from './search-histories.ts';
import { secretsInUse } from './secrets-in-use.ts';
import { resolveStripeMock } from './servers/stripe-mock.ts';
import { resolveTemporalCli } from '../../packages/durable-jobs/src/dev/temporal-cli.ts';
import { startTemporal } from '../../packages/durable-jobs/src/dev/temporal-server.ts';
import { resolveTimeSkippingServer } from './servers/time-skipping-server.ts';
import { migrateToLatest } from '../../domain/database/migrate.ts';
import { TEMPLATE_DATABASE } from './database-names.ts';
import type { Provided } from './provided.ts';
import { resolveRabbitMq, startRabbitMq } from './rabbitmq.ts';

/** The parts of a test run. Each is started or found at the first call only, however many projects need it. */
export interface Parts {
  get: <K extends PartName>(name: K) => Promise<PartValues[K]>;
  /** Ends everything that was started, the newest first. */
  close: () => Promise<void>;
}

type PartValues = {
  folder: Pick<Provided, 'runFolder'>;
  postgres: Pick<Provided, 'databaseUrl'>;
  temporal: Pick<Provided, 'temporalAddress' | 'temporalUiUrl'>;
  compiled: Pick<Provided, 'compiledSources' | 'workflowBundlePath'>;
  inbox: Pick<Provided, 'smtpUrl' | 'inboxUrl'>;
  sandbox: Pick<Provided, 'sandboxUrl'>;
  timeSkipping: Pick<Provided, 'timeSkippingServer'>;
  stripeMock: Pick<Provided, 'stripeMock'>;
  chromium: Pick<Provided, 'chromium'>;
  broker: Pick<Provided, 'rabbitMq'>;
};

/** The name of a part that a project of tests may need. */
export type PartName = keyof PartValues;

/** Creates the parts of one test run. Nothing is started yet. By default, all histories are searched for secrets at the end. */
export function createParts({ searchHistories: searches = true } = {}): Parts {
  const started = new Map<PartName, Promise<unknown>>();
  const closers: (() => unknown)[] = [];
  let folder: string | undefined;
  let leaks: Leak[] = [];

  /** Everything that is written goes into one folder, which is removed at the end. */
  const path = (name: string): string => {
    if (folder === undefined) {
      folder = mkdtempSync(join(tmpdir(), 'durable-jobs-test-'));
      // PostgreSQL may run as another user, which must be able to access the folder.
      chmodSync(folder, 0o711);
      guardFolder(folder);
    }
    return join(folder, name);
  };
  const log = (name: string): string => path(join('logs', `${name}.log`));
  const quiet = (): void => undefined;
  const port = async (): Promise<number> => {
    const reserved = await reservePort();
    closers.push(reserved.release);
    return reserved.port;
  };

  const starters: { [K in PartName]: () => Promise<PartValues[K]> } = {
    folder: () => Promise.resolve({ runFolder: path('.') }),
    async postgres() {
      const postgres = await startPostgres({
        dir: path('postgres'),
        port: await port(),
        logFile: log('postgres'),
        database: TEMPLATE_DATABASE,
        // The folder does not outlive the run, so nothing has to survive a crash of the machine.
        durable: false,
      });
      closers.push(postgres.stop);
      await migrateToLatest(postgres.url);
      // A database with connections cannot be copied, so tests connect to another one.
      const url = new URL(postgres.url);
      url.pathname = '/postgres';
      return { databaseUrl: url.href };
    },
    async temporal() {
      const { path: executable } = await resolveTemporalCli(quiet, { build: buildTemporal });
      const temporal = await startTemporal({
        executable,
        port: await port(),
        uiPort: await port(),
        logFile: log('temporal'),
      });
      closers.push(temporal.stop);
      if (searches)
        closers.push(async () => {
          const secrets = await secretsInUse(path('.'), path('mails'));
          ({ leaks } = await searchHistories(temporal.address, secrets));
        });
      return { temporalAddress: temporal.address, temporalUiUrl: temporal.uiUrl };
    },
    async compiled() {
      const compiledSources = path('compiled');
      const script = fileURLToPath(new URL('build-sources.ts', import.meta.url));
      await runTask(process.execPath, [...typescriptFlags, script, compiledSources], { timeoutMs: 300_000 });
      return { compiledSources, workflowBundlePath: join(compiledSources, 'workflow-bundle.js') };
    },
    async inbox() {
      const inbox = await startInbox({
        smtpPort: await port(),
        webPort: await port(),
        logFile: log('inbox'),
        mailDir: path('mails'),
      });
      closers.push(inbox.stop);
      return { smtpUrl: inbox.smtpUrl, inboxUrl: inbox.inboxUrl };
    },
    async sandbox() {
      const sandbox = await startPaymentSandbox({ port: 0, stateFile: path('payment-sandbox.jsonl') });
      closers.push(() => sandbox.close());
      return { sandboxUrl: sandbox.url };
    },
    timeSkipping: async () => ({ timeSkippingServer: await resolveTimeSkippingServer(quiet) }),
    stripeMock: async () => ({ stripeMock: await resolveStripeMock(quiet) }),
    chromium: () => Promise.resolve({ chromium: resolveChromium() }),
    async broker() {
      const { path: script, howToGet } = resolveRabbitMq();
      if (script === undefined) return { rabbitMq: { howToGet } };
      const rabbitMq = await startRabbitMq({
        script,
        dir: path('rabbitmq'),
        ports: [await port(), await port(), await port(), await port(), await port()],
      });
      closers.push(rabbitMq.close);
      const { amqpUrl, tlsUrl, managementUrl, queueAddress } = rabbitMq;
      return { rabbitMq: { amqpUrl, tlsUrl, managementUrl, queueAddress } };
    },
  };

  return {
    get<K extends PartName>(name: K) {
      const existing = started.get(name) ?? starters[name]();
      started.set(name, existing);
      return existing as Promise<PartValues[K]>;
    },
    async close() {
      // Parts that are still starting are awaited, otherwise they would be left behind.
      await Promise.allSettled(started.values());
      for (const close of closers.reverse()) await close();
      if (folder === undefined) return;
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
      releaseFolder(folder);
      if (leaks.length > 0) throw new Error(`the engine has what it must not have:\n${describeLeaks(leaks)}`);
    },
  };
}

/** The first leaks, one per line. */
function describeLeaks(leaks: readonly Leak[]): string {
  return leaks
    .slice(0, 20)
    .map(({ kind, text, where }) => `  ${kind} "${text}" in ${where}`)
    .join('\n');
}
