/**
 * `npm run bulk -- FILE --task NAME`: uploads items to the API and follows the bulk job that works them off. See
 * local/bulk/arguments.ts for what else it does and how it ends.
 */
import { resolve } from 'node:path';
import { LOCAL_API_KEY } from '../platform/config.ts';
import { AwayError, BulkApi, RefusedError, type AcceptedJob } from './bulk/api.ts';
import { helpText, readArguments, UsageError, type BulkCommand } from './bulk/arguments.ts';
import { createDisplay } from './bulk/display.ts';
import { follow } from './bulk/follow.ts';
import { openSource, type ItemSource } from './bulk/source.ts';
import { count, detachedText, megabytes, refusalText, span, summaryText } from './bulk/text.ts';
import { readStack } from './stack-file.ts';
import { onStopRequest } from './stop-request.ts';
import { StoppedError } from './wait.ts';

/** What the command ends with. */
const DONE = 0;
const NOT_ALL_DONE = 1;
const NOTHING_ACCEPTED = 2;
/** As a shell tells of a command that Ctrl-C has ended. */
const INTERRUPTED = 130;

const display = createDisplay(process.stdout);
const stopping = new AbortController();

process.exit(await main());

async function main(): Promise<number> {
  onStopRequest(() => stopping.abort(new StoppedError('stopped')));
  try {
    const command = readArguments(process.argv.slice(2));
    if (command.kind === 'help') {
      console.log(helpText);
      return DONE;
    }
    return await run(new BulkApi(findApi()), command);
  } catch (error) {
    display.clear();
    if (stopping.signal.aborted) {
      console.error('Stopped. Nothing was accepted.');
      return INTERRUPTED;
    }
    console.error(explain(error));
    return NOTHING_ACCEPTED;
  }
}

/** The API of the environment, or of the stack that runs. @throws {UsageError} where there is neither. */
function findApi(): { url: string; apiKey: string } {
  const { API_URL, API_KEY } = process.env;
  if (API_URL !== undefined && API_URL !== '') {
    if (!/^https?:\/\//.test(API_URL)) throw new UsageError(`API_URL must be a URL, and is "${API_URL}".`);
    return {
      url: API_URL.replace(/\/+$/, ''),
      apiKey: API_KEY !== undefined && API_KEY !== '' ? API_KEY : LOCAL_API_KEY,
    };
  }
  const stack = readStack();
  if (stack) return { url: stack.urls.api, apiKey: stack.apiKey };
  throw new UsageError(
    'The API is not running. Start it with `npm start` in another terminal, or name one with API_URL and API_KEY.',
  );
}

async function run(api: BulkApi, command: Exclude<BulkCommand, { kind: 'help' }>): Promise<number> {
  let id: string;
  if (command.kind === 'upload') {
    const accepted = await upload(api, command.task, await open(command.file));
    ({ id } = accepted);
    console.log(`Accepted ${count(accepted.total)} items as bulk job ${id}`);
  } else {
    ({ id } = command);
    if (command.kind === 'retry-failed') {
      console.log(`${count(await api.retryFailed(id))} failed items are tried again`);
    }
  }
  return followToTheEnd(api, id);
}

async function open(file: string): Promise<ItemSource> {
  // npm runs this in the project's folder, and tells where it was called.
  const path = file === '-' ? file : resolve(process.env.INIT_CWD ?? process.cwd(), file);
  try {
    return await openSource(path);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new UsageError(
      missing
        ? `There is no file ${path}.`
        : `The file can not be read: ${error instanceof Error ? error.message : ''}.`,
      { cause: error },
    );
  }
}

async function upload(api: BulkApi, task: string, source: ItemSource): Promise<AcceptedJob> {
  const begin = performance.now();
  let bytes = 0;
  const items = source.read((length) => {
    bytes += length;
    const total = source.totalBytes === undefined ? '' : ` of ${megabytes(source.totalBytes)}`;
    const rate = megabytes((bytes / (performance.now() - begin)) * 1000);
    const text = `uploading · ${megabytes(bytes)}${total} MB · ${rate} MB/s`;
    display.show({ value: bytes, total: source.totalBytes, text }, 'uploading');
  });
  try {
    const accepted = await api.upload({ task, type: source.type, items }, stopping.signal);
    display.clear();
    console.log(`Uploaded ${megabytes(bytes)} MB in ${span(performance.now() - begin)}`);
    return accepted;
  } catch (error) {
    if (error instanceof AwayError && items.readableEnded) {
      throw new AwayError(
        `${error.message}. All was sent, so the job may be accepted: GET /api/bulk-jobs lists the newest first`,
        { cause: error },
      );
    }
    throw error;
  }
}

async function followToTheEnd(api: BulkApi, id: string): Promise<number> {
  try {
    const { job, broken } = await follow(api, id, { display, signal: stopping.signal });
    display.clear();
    console.log(summaryText(job, api.address));
    if (broken) {
      console.error(
        `Its job is ${broken.status}${broken.failure ? `: ${broken.failure.message}` : ''}, so no more is done.`,
      );
    }
    return job.status === 'completed' && job.counts.failed === 0 ? DONE : NOT_ALL_DONE;
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
    display.clear();
    console.log(detachedText(id, api.address));
    return INTERRUPTED;
  }
}

function explain(error: unknown): string {
  if (error instanceof UsageError) return `${error.message}\nnpm run bulk -- --help tells more.`;
  if (error instanceof RefusedError) return refusalText(error);
  if (error instanceof AwayError) {
    return `The API does not answer as it should: ${error.message}. Is it running? \`npm start\` runs one; API_URL names another.`;
  }
  return `The items can not be read: ${error instanceof Error ? error.message : String(error)}`;
}
