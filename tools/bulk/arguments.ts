import { z } from 'zod';
import { bulkTasks } from '../../contracts/bulk.ts';
import { quoted } from 'durable-jobs/values';
import { createCommand, oneLine, parseArguments, UsageError } from 'durable-jobs/process';

/** What the command is asked to do. */
export type BulkCommand =
  | { kind: 'upload'; file: string; task: string }
  | { kind: 'follow'; id: string }
  | { kind: 'retry-failed'; id: string };

const tasks = bulkTasks.tasks.map(({ name }) => name);
const taskList = bulkTasks.tasks
  .map(({ name, description }) => `  ${name.padEnd(20)}${description}`)
  .join('\n');

const usage = `-- FILE --task NAME
       npm run bulk -- --follow ID
       npm run bulk -- --retry-failed ID`;

const notes = `
Tasks:
${taskList}

Ctrl-C stops the command, not the job: once the items are accepted, the job continues without the command.

The command calls the API that \`npm start\` runs, or the one at API_URL with the key API_KEY.
Exits with 0 if all items are done, 1 if items failed or the job did not complete, 2 if nothing was accepted.`;

const createBulkCommand = () =>
  createCommand('npm run bulk')
    .usage(usage)
    .description('Uploads items of bulk work, and follows it to its end.')
    .argument('[FILE]', 'a JSON array, or NDJSON (one object per line); - is standard input')
    .option('--task <NAME>', 'what to do with the items', oneLine)
    .option('--follow <ID>', 'follow a bulk job that was made before', oneLine)
    .option('--retry-failed <ID>', 'try its failed items again, and follow it', oneLine)
    .addHelpText('after', notes);

/**
 * Reads the command line. Returns undefined if it printed its help.
 * @throws {UsageError} if it names no file, no task, or one that does not exist.
 */
export function readArguments(args: readonly string[]): BulkCommand | undefined {
  const command = createBulkCommand();
  if (!parseArguments(command, args, { paths: true })) return undefined;
  const [file] = command.processedArgs;
  const { task, follow, retryFailed } = command.opts();
  if (follow !== undefined || retryFailed !== undefined) {
    if ([file, task, follow, retryFailed].filter((one) => one !== undefined).length > 1) {
      throw new UsageError('Give one of: a file with --task, --follow, --retry-failed.');
    }
    return follow === undefined
      ? { kind: 'retry-failed', id: jobId('--retry-failed', retryFailed) }
      : { kind: 'follow', id: jobId('--follow', follow) };
  }
  if (file === undefined) throw new UsageError('A file is required, or - for standard input.');
  if (task === undefined) throw new UsageError(`--task is required: ${tasks.join(', ')}.`);
  if (!tasks.includes(task))
    throw new UsageError(`--task must be one of ${tasks.join(', ')}, but is ${quoted(task)}.`);
  return { kind: 'upload', file, task };
}

function jobId(option: string, id: string | undefined): string {
  const parsed = z.uuid().safeParse(id);
  if (parsed.success) return parsed.data;
  throw new UsageError(
    `${option} must be the id of a bulk job, which is a UUID, but is ${quoted(id ?? '')}.`,
  );
}
