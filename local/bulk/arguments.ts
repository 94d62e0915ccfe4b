import { parseArgs } from 'node:util';
import { bulkTaskNames, bulkTasks, type BulkTask } from '../../contracts/bulk.ts';

/** What the command is asked to do. */
export type BulkCommand =
  | { kind: 'help' }
  | { kind: 'upload'; file: string; task: BulkTask }
  | { kind: 'follow'; id: string }
  | { kind: 'retry-failed'; id: string };

/** The command line makes no sense; the message says why. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const taskList = bulkTaskNames.map((name) => `  ${name.padEnd(20)}${bulkTasks[name].description}`).join('\n');

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
 * @throws {UsageError} where it names no file, no task, or one that there is not.
 */
export function readArguments(args: readonly string[]): BulkCommand {
  const { values, positionals } = parse(args);
  if (values.help === true) return { kind: 'help' };
  const { task, follow } = values;
  const retry = values['retry-failed'];
  if (follow !== undefined || retry !== undefined) {
    if (positionals.length > 0 || task !== undefined || (follow !== undefined && retry !== undefined)) {
      throw new UsageError('Give a file with --task, or --follow, or --retry-failed: one of them.');
    }
    return follow === undefined ? { kind: 'retry-failed', id: retry ?? '' } : { kind: 'follow', id: follow };
  }
  const [file, ...more] = positionals;
  if (file === undefined) throw new UsageError('Which file? Give one, or - for standard input.');
  if (more.length > 0) throw new UsageError(`One file at a time: what is ${more.join(' ')}?`);
  if (task === undefined)
    throw new UsageError(`What is to be done with the items? Give --task.\n${listTasks()}`);
  if (!isTask(task)) throw new UsageError(`There is no task ${task}.\n${listTasks()}`);
  return { kind: 'upload', file, task };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        task: { type: 'string' },
        follow: { type: 'string' },
        'retry-failed': { type: 'string' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function listTasks(): string {
  return `The tasks are:\n${taskList}`;
}

function isTask(name: string): name is BulkTask {
  return Object.hasOwn(bulkTasks, name);
}
