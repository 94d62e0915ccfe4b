import { InvalidArgumentError, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { loadClientConfig } from '../config/config.ts';
import { clientEncryption } from '../encryption/payload-encryption.ts';
import { createTemporalClient } from '../engine/client.ts';
import { UsageError } from '../process/usage-error.ts';
import { quietRuntime } from '../testing/quiet-runtime.ts';
import { downloadHistories } from '../testing/replay/download-histories.ts';
import {
  replayHistories,
  type ReplayedHistory,
  type ReplayOptions,
} from '../testing/replay/replay-histories.ts';
import { createCommand, oneLine, print, RefusedError } from '../process/command.ts';
import { useFolderEnvironment } from './folder-environment.ts';
import { loadApplication } from './load-application.ts';
import { requireEngine } from './reach.ts';

/** `replay`: replays histories, from files or from the engine, against the current workflows. */
export function replayCommand(): CommandUnknownOpts {
  return createCommand('replay')
    .description(
      'replay recorded histories with the current workflow code; a failure means that this code would break the job',
    )
    .argument('[histories...]', 'JSON files of recorded histories, or folders of them')
    .option('--workflows <file>', "the module that exports the application's workflows", oneLine)
    .option('--type <types...>', 'download the histories of these job types from the engine')
    .option('--open', 'download only the histories of open jobs')
    .option('--sample <count>', 'the maximum number to download per type (default: 20)', wholeCount)
    .option('--app <file>', 'the file that exports durableJobs', oneLine)
    .action(async (files, { workflows, type: types, open = false, sample, app }) => {
      const source = workflows === undefined ? {} : { workflows };
      if (types === undefined) {
        if (files.length === 0)
          throw new UsageError('Histories are required: give files, folders, or job types with --type.');
        await replay({ ...source, histories: files });
        return;
      }
      if (files.length > 0) throw new UsageError('Give either files or --type, not both.');
      const folder = process.cwd();
      useFolderEnvironment(folder);
      const { environment } = (await loadApplication(folder, app)).application();
      const config = loadClientConfig(environment);
      // Histories are read as stored; the replay decrypts them.
      const temporal = createTemporalClient(config.temporal, `replay:${process.pid}`, undefined);
      try {
        const { client } = temporal;
        await requireEngine(temporal, config.temporal);
        const histories = downloadHistories({ client, types, open, ...(sample !== undefined && { sample }) });
        const encryption = clientEncryption(config, undefined);
        await replay({ ...source, histories, encryption, namespace: config.temporal.namespace });
      } finally {
        await temporal.close();
      }
    });
}

/** @throws {RefusedError} if one does not replay. */
async function replay(options: ReplayOptions): Promise<void> {
  quietRuntime();
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
