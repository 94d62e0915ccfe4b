import { z } from 'zod';
import { bulkTasks } from '../../contracts/bulk.ts';
import { quoted } from 'durable-jobs/values';
import { oneOf, readCommandLine, UsageError } from 'durable-jobs/process';

/** What the command is asked to do. */
export type BulkCommand =
  | { kind: 'help' }
  | { kind: 'upload'; file: string; task: string }
  | { kind: 'follow'; id: string }
  | { kind: 'retry-failed'; id: string };

const taskList = bulkTasks.tasks
  .map(({ name, description }) => `  ${name.padEnd(20)}${description}`)
  .join('\n');

/** What `--help` prints. */
export const helpText = `Uploads items of bulk work, and follows it to its end.

  npm run bulk -- FILE --task NAME     uploads a file: a JSON array, or NDJSON (an object a line); - is standard input
  npm run bulk -- --follow ID          follows a bulk job that was made before
  npm run bulk -- --retry-failed ID    tries its failed items again, and follows it

Tasks:
${taskList}

Ctrl-C ends the command, not the job: once the items are accepted, it goes on without it.

The API is the one that \`npm start\` runs, or that of API_URL, with the key API_KEY.
Ends with 0 where all items are done, 1 where some failed or the job did not end well, 2 where nothing was accepted.`;

/**
 * Reads the command line.
 * @throws {UsageError} if it names no file, no task, or one that does not exist.
 */
export function readArguments(args: readonly string[]): BulkCommand {
  const { help, values, positionals } = readCommandLine(
    args,
    { task: 'string', follow: 'string', 'retry-failed': 'string' },
    { paths: true },
  );
  if (help) return { kind: 'help' };
  const { task, follow, 'retry-failed': retry } = values;
  if (follow !== undefined || retry !== undefined) {
    if (positionals.length > 0 || task !== undefined || (follow !== undefined && retry !== undefined)) {
      throw new UsageError('A file with --task, --follow and --retry-failed exclude each other: give one.');
    }
    return follow === undefined
      ? { kind: 'retry-failed', id: jobId('--retry-failed', retry) }
      : { kind: 'follow', id: jobId('--follow', follow) };
  }
  const [file, ...more] = positionals;
  if (file === undefined) throw new UsageError('A file is required, or - for standard input.');
  if (more.length > 0)
    throw new UsageError(`One file can be uploaded at a time: ${more.map(quoted).join(' ')} must go.`);
  return {
    kind: 'upload',
    file,
    task: oneOf(
      '--task',
      task,
      bulkTasks.tasks.map(({ name }) => name),
    ),
  };
}

function jobId(option: string, id: string | undefined): string {
  const parsed = z.uuid().safeParse(id);
  if (parsed.success) return parsed.data;
  throw new UsageError(
    `${option} must be the id of a bulk job, which is a UUID, and is ${quoted(id ?? '')}.`,
  );
}
