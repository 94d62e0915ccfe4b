import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { ItemsType } from './api.ts';

/** Items to upload. */
export interface ItemSource {
  type: ItemsType;
  /** Undefined where it is not known, as of standard input. */
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
 * @throws where the file can not be read, or is a folder.
 */
export async function openSource(file: string): Promise<ItemSource> {
  if (file === '-') return sourceOf(process.stdin, undefined);
  // Opened before its size is asked for, so that both are of the same file.
  const handle = await open(file, 'r');
  const stats = await handle.stat();
  if (stats.isDirectory()) {
    await handle.close();
    throw new Error(`${file} is a folder`);
  }
  const stream = createReadStream(file, { fd: handle });
  return sourceOf(stream, stats.isFile() ? stats.size : undefined);
}

async function sourceOf(stream: Readable, totalBytes: number | undefined): Promise<ItemSource> {
  const chunks = (stream as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  const head: Buffer[] = [];
  let first: number | undefined;
  while (first === undefined) {
    const next = await chunks.next();
    if (next.done === true) break;
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
