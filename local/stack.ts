import { loadDatabaseConfig, loadSchedulesConfig, readTogether } from 'durable-jobs/config';
import {
  answersOk,
  type AppProcess,
  createStack,
  defaultPorts,
  givenBy,
  type PrepareStep,
  type Stack,
  type StackOptions,
} from 'durable-jobs/dev';
import { clientEncryption } from 'durable-jobs/encryption';
import { createTemporalClient } from 'durable-jobs/engine';
import { applyChanges, planSchedules, summarisePlan, withoutTurns } from 'durable-jobs/schedules';
import { createLogger } from 'durable-jobs/telemetry';
import { loadShopApiConfig, loadShopWorkerConfig } from '../domain/config.ts';
import { migrateToLatest } from '../domain/database/migrate.ts';
import { loadDefinitions } from '../schedules/definitions.ts';
import { buildTemporal } from './build-temporal.ts';
import { nodeProcess } from './node-process.ts';
import { stateDir } from './paths.ts';
import { paymentSandbox, sandboxPort } from './payment-sandbox.ts';

/** Where each part listens, and the variable that moves it. All on 127.0.0.1. */
export const ports = { ...defaultPorts, [sandboxPort.variable]: sandboxPort.preferred } as const;

/**
 * Creates the stack of this application: the library's, with the payment sandbox; nothing is started yet. With `built`, API and worker run from
 * the output of `npm run build`.
 */
export function createLocalStack(
  options: Pick<StackOptions, 'env' | 'fromEnvFile' | 'steps' | 'signal' | 'events' | 'reloads'> & {
    built?: boolean;
  },
): Stack {
  const { env, steps } = options;
  const hasProvider = Boolean(env.STRIPE_API_KEY) || Boolean(env.STRIPE_API_KEY_FILE);
  if (hasProvider) steps.print(`  - payment provider: external (${givenBy(env, 'STRIPE_API_KEY')})`);
  return createStack({
    ...options,
    stateDir,
    buildTemporal,
    ownParts: hasProvider ? [] : [paymentSandbox(env)],
    checkConfig: (appEnv) => {
      readTogether(
        () => loadShopApiConfig(appEnv),
        () => loadShopWorkerConfig(appEnv),
        () => loadSchedulesConfig(appEnv),
      );
    },
    prepare: [
      {
        name: 'migrations',
        async run(env, signal) {
          const logger = createLogger('migrate', 'silent');
          const names = await migrateToLatest(loadDatabaseConfig(env).database, { logger, signal });
          if (names.length <= SHOWN_MIGRATIONS) return names.join(', ') || 'up to date';
          return `${names.length} applied, the last is ${names.at(-1) ?? ''}`;
        },
      },
      schedulesStep(),
    ],
    api: appProcess(options.built ? 'dist/api/main.js' : 'api/main.ts'),
    worker: appProcess(options.built ? 'dist/worker/main.js' : 'worker/main.ts'),
  });
}

/** A new database gets dozens of migrations, whose names nobody reads. */
const SHOWN_MIGRATIONS = 3;

/** Time limit of one attempt to apply the schedules. */
const ATTEMPT_MS = 15_000;

type Read = NonNullable<Parameters<typeof planSchedules>[3]>;

/** The step that makes the server's schedules match the declared ones. If the engine is slow, a repetition continues with what was read. */
function schedulesStep(): PrepareStep {
  let read: Read = new Map();
  return {
    name: 'schedules',
    async run(env, signal) {
      const done = await applySchedules(env, signal, read);
      read = new Map();
      return done;
    },
  };
}

/** Makes the server's schedules match the declared ones. Returns which were not, and which are paused. */
async function applySchedules(env: NodeJS.ProcessEnv, signal: AbortSignal, read: Read): Promise<string> {
  const config = loadSchedulesConfig(env);
  const logger = createLogger('schedules', 'silent');
  const temporal = createTemporalClient(
    config.temporal,
    `start:${process.pid}`,
    clientEncryption(config, undefined),
  );
  try {
    // The step is repeated if the engine is too slow: all that was changed by then is as declared.
    const attempt = async (): Promise<string> => {
      const changes = await planSchedules(temporal.client, logger, loadDefinitions(config.TIME_ZONE), read);
      // Neither the API nor a worker runs yet.
      await applyChanges(temporal.client, logger, changes, withoutTurns);
      return summarisePlan(changes).join(', ') || 'as declared';
    };
    return await temporal.client.withAbortSignal(signal, () =>
      temporal.client.withDeadline(Date.now() + ATTEMPT_MS, attempt),
    );
  } finally {
    await temporal.close();
  }
}

function appProcess(entry: string): AppProcess {
  return { spec: (url) => ({ ...nodeProcess(entry), isReady: answersOk(`${url}/readyz`) }) };
}
