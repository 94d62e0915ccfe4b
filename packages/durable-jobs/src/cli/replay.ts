import { InvalidArgumentError, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { pino } from 'pino';
import { loadSchedulesConfig } from '../config/config.ts';
import { connectDatabase } from '../database/connect.ts';
import { replayEncryption, type PayloadEncryption } from '../encryption/payload-encryption.ts';
import { createTemporalClient, type TemporalClient } from '../engine/client.ts';
import { createCommand, oneLine, print, RefusedError } from '../process/command.ts';
import { UsageError } from '../process/usage-error.ts';
import { quietRuntime } from '../testing/quiet-runtime.ts';
import { downloadHistories } from '../testing/replay/download-histories.ts';
import { replayHistories, type ReplayOptions } from '../testing/replay/replay-histories.ts';
import type { WorkflowSource } from '../testing/workflow-source.ts';
import type { ReplayedHistory } from '../worker/replay/replay-each.ts';
import { workflowCode, type WorkflowFiles } from '../worker/workflow-code.ts';
import { useFolderEnvironment, requireNamedServers } from './folder-environment.ts';
import { loadApplication } from './load-application.ts';
import { requireDatabase, requireEngine } from './reach.ts';
import { replayNamespace } from './replay-namespace.ts';

/** What the command replays histories on, for an application that has a process of its own for it. */
export interface ReplayedApplication {
  /** Its workflows. If their bundle exists, histories are replayed on it. */
  workflows: WorkflowFiles;
  /** The application's job types. */
  types: readonly string[];
}

/**
 * `replay`: replays histories, from files or from the engine, against the current workflows. Without `own`, the options name the workflows
 * and the file of the application.
 */
export function replayCommand(own?: ReplayedApplication): CommandUnknownOpts {
  return createCommand('replay')
    .description(
      'replay recorded histories with the current workflow code; a failure means that this code would break the job',
    )
    .argument('[histories...]', 'JSON files of recorded histories, or folders of them')
    .option('--workflows <file>', "the module that exports the application's workflows", oneLine)
    .option('--from <namespace>', 'replay a sample of the open jobs of every type of this namespace', oneLine)
    .option('--address <host:port>', 'the address of the engine (default: TEMPORAL_ADDRESS)', oneLine)
    .option('--type <types...>', 'download the histories of these job types from the engine')
    .option('--open', 'download only the histories of open jobs')
    .option('--sample <count>', 'the maximum number to download per type (default: 20)', wholeCount)
    .option('--app <file>', 'the file that exports durableJobs', oneLine)
    .action(async (files, options) => {
      const { from, address, type: types, open = false, sample = 20 } = options;
      const sourceFor = (encrypted: boolean): Pick<ReplayOptions, 'workflows'> => {
        const workflows = options.workflows ?? (own && sourceOf(own.workflows, encrypted));
        return workflows === undefined ? {} : { workflows };
      };
      const given = [files.length > 0, types !== undefined, from !== undefined].filter(Boolean).length;
      if (given === 0)
        throw new UsageError(
          'Histories are required: give files, folders, job types with --type, or a namespace with --from.',
        );
      if (given > 1) throw new UsageError('Give either files, --type or --from, not several of them.');
      if (address !== undefined && files.length > 0)
        throw new UsageError('--address is for histories of the engine, not for files.');
      if (open && types === undefined)
        throw new UsageError('--open is for --type: --from always replays open jobs.');
      if (files.length > 0) {
        await replay({ ...sourceFor(false), histories: files });
        return;
      }
      const { environment, types: known } = own
        ? { environment: folderEnvironment(), types: own.types }
        : await readApplication(options.app);
      const env = {
        ...environment,
        ...(from !== undefined && { TEMPORAL_NAMESPACE: from }),
        ...(address !== undefined && { TEMPORAL_ADDRESS: address }),
      };
      requireNamedServers(env, ['engine']);
      await withEngine(env, async ({ temporal: { client }, namespace, encryption }) => {
        const on = { ...sourceFor(encryption !== undefined), encryption, namespace };
        if (types === undefined) await replayNamespace({ ...on, client, types: known, sample });
        else await replay({ ...on, histories: downloadHistories({ client, types, open, sample }) });
      });
    });
}

/** The bundle of an application's workflows if it exists, otherwise the module. */
function sourceOf(files: WorkflowFiles, encrypted: boolean): WorkflowSource | undefined {
  const { workflowBundle } = workflowCode(files, { production: false, encrypted });
  return workflowBundle && 'codePath' in workflowBundle ? workflowBundle : files.workflows;
}

function folderEnvironment(): NodeJS.ProcessEnv {
  useFolderEnvironment(process.cwd());
  return process.env;
}

async function readApplication(
  app: string | undefined,
): Promise<{ environment: NodeJS.ProcessEnv; types: readonly string[] }> {
  folderEnvironment();
  const { environment, jobs } = (await loadApplication(process.cwd(), app)).application();
  return { environment, types: jobs.types };
}

/** Calls `act` with a client that reads histories as they are stored, and what decrypts them. */
async function withEngine(
  env: NodeJS.ProcessEnv,
  act: (engine: {
    temporal: TemporalClient;
    namespace: string;
    encryption: PayloadEncryption | undefined;
  }) => Promise<void>,
): Promise<void> {
  const config = loadSchedulesConfig(env);
  const { DATABASE_URL: url, database, temporal: settings } = config;
  const temporal = createTemporalClient(settings, `replay:${process.pid}`, undefined);
  // Only the keys of people are in the database.
  const db =
    database === undefined || config.PAYLOAD_KEYS === undefined
      ? undefined
      : connectDatabase(database, {
          poolSize: 1,
          logger: pino({ level: 'silent' }),
          applicationName: 'durable-jobs-replay',
        });
  try {
    await requireEngine(temporal, settings);
    if (db && url !== undefined) await requireDatabase(db, url);
    await act({ temporal, namespace: settings.namespace, encryption: replayEncryption(config, db) });
  } finally {
    await db?.destroy();
    await temporal.close();
  }
}

/** @throws {RefusedError} if one does not replay. */
async function replay(options: ReplayOptions): Promise<void> {
  quietRuntime({ errorsOnly: true });
  const replayed = await replayHistories({ ...options, onReplayed: (one) => print(describe(one)) });
  const failed = replayed.filter(({ failure }) => failure !== null).length;
  if (failed > 0) throw new RefusedError(`${failed} of ${replayed.length} histories do not replay.`);
  print(`All histories replay: ${replayed.length}.`);
}

function describe({ name, type = 'unknown', failure }: ReplayedHistory): string {
  return `${failure ? '✗' : '✓'} ${type}  ${name}${failure ? `\n    ${failure.kind}: ${failure.message}` : ''}`;
}

function wholeCount(value: string): number {
  if (/^[1-9]\d{0,5}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('It must be a whole number greater than 0.');
}
