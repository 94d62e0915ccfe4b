import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { streamArray } from 'stream-json/streamers/stream-array.js';
import { Problem, type FieldError } from '../problem.ts';

/** A line of NDJSON, and what a JSON array's element may come to, in bytes. */
const MAX_LINE_BYTES = 64 * 1024;

const NEWLINE = 10;

/** An item as it came, with where it stood: a line, from 1 on, or an index, from 0 on. */
export interface RawItem {
  path: string;
  value: unknown;
}

/**
 * Reads NDJSON as it comes: no more than a line is held in memory. Empty lines are passed over.
 * @throws {Problem} naming the line, where one is too long or no JSON.
 */
export async function* readNdjson(body: Readable): AsyncGenerator<RawItem> {
  let line = 0;
  for await (const text of lines(body)) {
    line++;
    if (text.trim() === '') continue;
    try {
      yield { path: `line ${line}`, value: JSON.parse(text) as unknown };
    } catch {
      throw unreadable({ path: `line ${line}`, message: 'is not valid JSON' });
    }
  }
}

async function* lines(body: Readable): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let length = 0;
  let line = 1;
  const add = (part: Buffer): void => {
    length += part.length;
    if (length > MAX_LINE_BYTES) {
      throw unreadable({ path: `line ${line}`, message: `must be at most ${MAX_LINE_BYTES} bytes long` });
    }
    parts.push(part);
  };
  for await (const chunk of body as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      add(chunk.subarray(start, end));
      yield Buffer.concat(parts).toString('utf8');
      [parts, length, start] = [[], 0, end + 1];
      line++;
    }
    add(chunk.subarray(start));
  }
  if (length > 0) yield Buffer.concat(parts).toString('utf8');
}

/**
 * Reads the elements of a JSON array as they come.
 * @throws {Problem} where it is no JSON array.
 */
export async function* readJsonArray(body: Readable): AsyncGenerator<RawItem> {
  const elements = streamArray.withParserAsStream();
  // The parser's own errors end the loop below.
  const feeding = pipeline(body, elements).catch(() => undefined);
  try {
    for await (const element of elements as AsyncIterable<{ key: number; value: unknown }>) {
      yield { path: `[${element.key}]`, value: element.value };
    }
  } catch (error) {
    if (body.errored || body.readableAborted) throw error;
    throw unreadable({ path: 'body', message: 'must be a JSON array of items' });
  } finally {
    elements.destroy();
    await feeding;
  }
}

function unreadable(error: FieldError): Problem {
  return new Problem('validationFailed', 'The items can not be read. Nothing was kept.', { errors: [error] });
}
