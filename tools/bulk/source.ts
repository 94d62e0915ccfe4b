import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { quoted } from 'durable-jobs/values';
import { errorMessage } from 'durable-jobs/process';

/** What the items are sent as. */
export type ItemsType = 'application/json' | 'application/x-ndjson';

/** The items cannot be read; the message says why. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
}

/** Items to upload. */
export interface ItemSource {
  type: ItemsType;
  /** Undefined if it is not known, as of standard input. */
  totalBytes: number | undefined;
  /** The items as they are read; `onBytes` is told of each piece. */
  read: (onBytes: (count: number) => void) => Readable;
}

/** What some editors put in front of a text; it is no JSON. */
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const OPENING_BRACKET = 0x5b;
const WHITESPACE: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);

/**
 * Opens a file, or standard input for `-`. A text that begins with a bracket is a JSON array, any other is NDJSON.
 * @throws {SourceError} if the file does not exist, is empty or cannot be read.
 */
export async function openSource(file: string): Promise<ItemSource> {
  try {
    if (file === '-') return await sourceOf(process.stdin, undefined);
    const stats = await stat(file);
    if (stats.isDirectory())
      throw new SourceError(`${quoted(file)} is a directory: give a file that contains items.`);
    return await sourceOf(createReadStream(file), stats.isFile() ? stats.size : undefined);
  } catch (error) {
    throw toSourceError(error, file);
  }
}

async function sourceOf(stream: Readable, totalBytes: number | undefined): Promise<ItemSource> {
  const chunks = (stream as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  const head: Buffer[] = [];
  let first: number | undefined;
  while (first === undefined) {
    const next = await chunks.next();
    if (next.done === true) throw new SourceError('The input contains no items.');
    const chunk = head.length === 0 ? withoutMark(next.value) : next.value;
    head.push(chunk);
    first = chunk.find((byte) => !WHITESPACE.has(byte));
  }
  async function* pieces(onBytes: (count: number) => void): AsyncGenerator<Buffer> {
    try {
      for (const chunk of head.splice(0)) {
        onBytes(chunk.length);
        yield chunk;
      }
      for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
        onBytes(next.value.length);
        yield next.value;
      }
    } catch (error) {
      throw toSourceError(error);
    } finally {
      stream.destroy();
    }
  }
  return {
    type: first === OPENING_BRACKET ? 'application/json' : 'application/x-ndjson',
    totalBytes,
    read: (onBytes) => Readable.from(pieces(onBytes), { objectMode: false }),
  };
}

function withoutMark(chunk: Buffer): Buffer {
  return chunk.subarray(0, 3).equals(BYTE_ORDER_MARK) ? chunk.subarray(3) : chunk;
}

function toSourceError(error: unknown, file?: string): SourceError {
  if (error instanceof SourceError) return error;
  const name = file === undefined ? 'The input' : quoted(file);
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return new SourceError(`${name} does not exist: give a file that contains items.`, { cause: error });
    case 'EACCES':
      return new SourceError(`${name} cannot be read: permission denied.`, { cause: error });
    default:
      return new SourceError(`${name} cannot be read: ${errorMessage(error)}`, { cause: error });
  }
}
