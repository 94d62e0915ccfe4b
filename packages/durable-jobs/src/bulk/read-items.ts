import type { Readable } from 'node:stream';
import { decodeUtf8, JsonError, parseJsonText, withoutMark } from '../values/parse-json.ts';
import { Problem, type FieldError } from '../http/problem.ts';
import { errorsAt, within } from '../http/validate.ts';

/** Maximum size of an item in bytes: a line of NDJSON or an element of a JSON array. */
const MAX_ITEM_BYTES = 64 * 1024;

const [TAB, NEWLINE, RETURN, SPACE] = [0x09, 0x0a, 0x0d, 0x20];
const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** An item as received, and its place: a line number from 1, or an index from 0. */
export interface RawItem {
  path: string;
  value: unknown;
  /** Errors that do not depend on the task: texts that cannot be stored. */
  errors?: readonly FieldError[];
}

/**
 * Reads NDJSON as a stream, holding at most one line in memory. Empty lines are skipped.
 * @throws {Problem} that names the line if it is too long or is not JSON in UTF-8.
 */
export async function* readNdjson(body: Readable): AsyncGenerator<RawItem> {
  for await (const { line, bytes } of lines(body)) {
    const item = readItem(`line ${line}`, bytes);
    if (item) yield item;
  }
}

async function* lines(body: Readable): AsyncGenerator<{ line: number; bytes: Buffer }> {
  const collected = new Collected();
  let line = 1;
  for await (const chunk of chunksOf(body)) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      collected.add(chunk.subarray(start, end), `line ${line}`);
      yield { line, bytes: collected.take() };
      start = end + 1;
      line++;
    }
    collected.add(chunk.subarray(start), `line ${line}`);
  }
  yield { line, bytes: collected.take() };
}

/**
 * Reads the elements of a JSON array as a stream, holding at most one in memory. It only finds where each element ends; the JSON parser
 * validates it.
 * @throws {Problem} that names the element if it is too long or is not JSON in UTF-8; also if the body is not an array.
 */
export async function* readJsonArray(body: Readable): AsyncGenerator<RawItem> {
  const splitter = new ArraySplitter();
  for await (const chunk of chunksOf(body)) {
    for (const { index, bytes } of splitter.split(chunk)) {
      const item = readItem(`[${index}]`, bytes);
      if (!item) throw notAnArray();
      yield item;
    }
  }
  if (!splitter.hasEnded) throw notAnArray();
}

/** Splits an array into its elements at the commas that are neither in a string nor in a nested value. */
class ArraySplitter {
  #state: 'before' | 'first' | 'element' | 'after' = 'before';
  #index = 0;
  #depth = 0;
  #inString = false;
  #isEscaped = false;
  readonly #collected = new Collected();

  get hasEnded(): boolean {
    return this.#state === 'after';
  }

  *split(chunk: Buffer): Generator<{ index: number; bytes: Buffer }> {
    let start = 0;
    for (const [at, byte] of chunk.entries()) {
      if (this.#state !== 'element') {
        if (isSpace(byte) || !this.#beginsElement(byte)) continue;
        start = at;
      }
      if (!this.#endsElement(byte)) continue;
      this.#add(chunk.subarray(start, at));
      yield { index: this.#index++, bytes: this.#collected.take() };
      if (byte === CLOSE_ARRAY) this.#state = 'after';
      start = at + 1;
    }
    if (this.#state === 'element') this.#add(chunk.subarray(start));
  }

  /** Whether a byte between elements begins one. @throws {Problem} if the byte is not allowed there. */
  #beginsElement(byte: number): boolean {
    if (this.#state === 'before' && byte === OPEN_ARRAY) {
      this.#state = 'first';
      return false;
    }
    if (this.#state !== 'first') throw notAnArray();
    this.#state = byte === CLOSE_ARRAY ? 'after' : 'element';
    return byte !== CLOSE_ARRAY;
  }

  /** Whether a byte ends the current element. */
  #endsElement(byte: number): boolean {
    if (this.#inString) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (byte === BACKSLASH) this.#isEscaped = true;
      else if (byte === QUOTE) this.#inString = false;
      return false;
    }
    if (byte === QUOTE) this.#inString = true;
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) this.#depth++;
    else if (this.#depth === 0) return byte === COMMA || byte === CLOSE_ARRAY;
    else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) this.#depth--;
    return false;
  }

  #add(bytes: Buffer): void {
    this.#collected.add(bytes, `[${this.#index}]`);
  }
}

/** The bytes of one item, which may arrive in several chunks. */
class Collected {
  #parts: Buffer[] = [];
  #length = 0;

  /** @throws {Problem} if the item, which is at `path`, is too long. */
  add(part: Buffer, path: string): void {
    this.#length += part.length;
    if (this.#length > MAX_ITEM_BYTES) {
      throw unreadable({ path, message: `must be at most ${MAX_ITEM_BYTES} bytes long` });
    }
    this.#parts.push(part);
  }

  take(): Buffer {
    const bytes = Buffer.concat(this.#parts);
    [this.#parts, this.#length] = [[], 0];
    return bytes;
  }
}

/** Yields the chunks of a body, without a byte order mark at its beginning. */
async function* chunksOf(body: Readable): AsyncGenerator<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of body as AsyncIterable<Buffer>) {
    if (head === undefined) {
      yield chunk;
      continue;
    }
    head = Buffer.concat([head, chunk]);
    // The byte order mark has three bytes, which may arrive separately.
    if (head.length < 3) continue;
    yield Buffer.from(withoutMark(head));
    head = undefined;
  }
  if (head !== undefined && head.length > 0) yield head;
}

/** Parses an item; undefined if it is blank. @throws {Problem} if it is not JSON in UTF-8. */
function readItem(path: string, bytes: Buffer): RawItem | undefined {
  try {
    const text = decodeUtf8(bytes);
    return text.trim() === '' ? undefined : { path, value: parseJsonText(text) };
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    if (error.reason !== 'text') throw unreadable({ path, message: error.message });
    return { path, value: undefined, errors: within(path, errorsAt(error.faults, '')) };
  }
}

function isSpace(byte: number): boolean {
  return byte === SPACE || byte === NEWLINE || byte === RETURN || byte === TAB;
}

function notAnArray(): Problem {
  return unreadable({ path: 'body', message: 'must be a JSON array of items' });
}

function unreadable(error: FieldError): Problem {
  return new Problem('validationFailed', 'The items cannot be read. Nothing was stored.', {
    errors: [error],
  });
}
