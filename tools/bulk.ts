/**
 * `npm run bulk -- FILE --task NAME`: uploads items to the API and follows the bulk job that works them off. See
 * tools/bulk/arguments.ts for what else it does, and how it ends.
 */
import { resolve } from 'node:path';
import { formatBytes, formatCount, formatDuration } from 'durable-jobs/values';
import { errorMessage, UsageError, usageText } from 'durable-jobs/process';
import { ConfigError, loadApiAddress } from 'durable-jobs/config';
import { abortable, onStopRequest, readStack, StoppedError } from 'durable-jobs/dev/running';
import { AwayError, BulkApi, RefusedError, UnansweredError, type AcceptedJob } from './bulk/api.ts';
import { readArguments, type BulkCommand } from './bulk/arguments.ts';
import { createDisplay } from './bulk/display.ts';
import { follow } from './bulk/follow.ts';
import { openSource, type ItemSource } from './bulk/source.ts';
import { detachedText, refusalText, summaryText, unansweredText } from './bulk/text.ts';
import { stateDir } from '../local/paths.ts';

/** What the command ends with. */
const DONE = 0;
const NOT_ALL_DONE = 1;
const NOTHING_ACCEPTED = 2;
/** As a shell tells of a command that Ctrl-C has ended. */
const INTERRUPTED = 130;

/** There is no API to call. */
class NoApiError extends Error {}

const display = createDisplay(process.stdout);
const stopping = new AbortController();

process.exit(await main());

async function main(): Promise<number> {
  onStopRequest(() => stopping.abort(new StoppedError('stopped')));
  try {
    const command = readArguments(process.argv.slice(2));
    if (!command) return DONE;
    return await run(new BulkApi(findApi()), command);
  } catch (error) {
    display.clear();
    const isStopped = stopping.signal.aborted;
    const isOpen = error instanceof UnansweredError;
    console.error(isStopped && !isOpen ? 'Stopped. Nothing was accepted.' : explain(error));
    return isStopped ? INTERRUPTED : NOTHING_ACCEPTED;
  }
}

/** The API of the environment, or of the stack that runs. @throws {ConfigError} or {NoApiError} if there is neither. */
function findApi(): { url: string; apiKey: string } {
  const address = loadApiAddress(process.env);
  if (address) return address;
  const stack = readStack(stateDir);
  if (stack) return { url: stack.urls.api, apiKey: stack.apiKey };
  throw new NoApiError(
    'The API is not running. Start it with `npm start` in another terminal, or set API_URL and API_KEY to use another one.',
  );
}

async function run(api: BulkApi, command: BulkCommand): Promise<number> {
  switch (command.kind) {
    case 'upload': {
      const begin = performance.now();
      const { id, total } = await upload(api, command.task, await open(command.file));
      console.log(
        `Accepted ${formatCount(total)} items as bulk job ${id}, in ${formatDuration(performance.now() - begin)}`,
      );
      return followToTheEnd(api, id, { accepted: true });
    }
    case 'retry-failed': {
      console.log(`${formatCount(await api.retryFailed(command.id))} failed items will be retried`);
      return followToTheEnd(api, command.id, { accepted: true });
    }
    case 'follow':
      return followToTheEnd(api, command.id, { accepted: false });
  }
}

function open(file: string): Promise<ItemSource> {
  // npm runs this in the project's folder, and tells where it was called.
  const path = file === '-' ? file : resolve(process.env.INIT_CWD ?? process.cwd(), file);
  // Standard input may keep it waiting.
  return abortable(openSource(path), stopping.signal);
}

async function upload(api: BulkApi, task: string, source: ItemSource): Promise<AcceptedJob> {
  const begin = performance.now();
  let bytes = 0;
  const items = source.read((length) => {
    bytes += length;
    const total = source.totalBytes === undefined ? '' : ` of ${formatBytes(source.totalBytes)}`;
    const rate = formatBytes((bytes / (performance.now() - begin)) * 1000);
    const text = `uploading · ${formatBytes(bytes)}${total} · ${rate}/s`;
    display.show({ value: bytes, total: source.totalBytes, text }, 'uploading');
  });
  items.once('end', () => {
    const text = `${formatBytes(bytes)} sent, waiting for the response`;
    display.show({ value: bytes, total: source.totalBytes, text }, 'sent');
  });
  try {
    return await api.upload({ task, type: source.type, items }, stopping.signal);
  } catch (error) {
    if (!(error instanceof UnansweredError)) throw error;
    throw new UnansweredError(unansweredText(api.address), { cause: error });
  } finally {
    display.clear();
  }
}

async function followToTheEnd(api: BulkApi, id: string, options: { accepted: boolean }): Promise<number> {
  try {
    const { job, broken } = await follow(api, id, { display, signal: stopping.signal, ...options });
    display.clear();
    console.log(summaryText(job, api.address));
    if (broken) {
      console.error(
        `Its job is ${broken.status}${broken.failure ? `: ${broken.failure.message}` : ''}, so no more items are processed.`,
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
  if (error instanceof UsageError) return usageText(error);
  if (error instanceof ConfigError || error instanceof NoApiError) return error.message;
  if (error instanceof RefusedError) return refusalText(error);
  if (error instanceof AwayError) {
    return `The API did not return a valid response: ${error.message}. Is it running? \`npm start\` starts one; API_URL selects another.`;
  }
  return errorMessage(error);
}
