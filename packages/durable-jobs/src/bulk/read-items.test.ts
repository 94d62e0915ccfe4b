import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Problem } from '../http/problem.ts';
import { readJsonArray, readNdjson } from './read-items.ts';

/** A body that arrives in chunks of this many bytes. */
function body(source: Uint8Array | string, size = 7): Readable {
  const bytes = Buffer.from(source);
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return Readable.from(pieces, { objectMode: false });
}

async function all(items: ReturnType<typeof readNdjson>): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const { value } of items) values.push(value);
  return values;
}

async function errors(items: ReturnType<typeof readNdjson>): Promise<unknown> {
  try {
    const found: unknown[] = [];
    for await (const item of items) found.push(...(item.errors ?? []));
    return found;
  } catch (error) {
    if (error instanceof Problem) return error.errors;
    throw error;
  }
}

const value = fc
  .jsonValue({ maxDepth: 4 })
  .filter((given) => !JSON.stringify(given).includes(String.raw`\u0000`));

describe('items', () => {
  it('are the elements of an array, however it comes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(value),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom(undefined, 2),
        fc.constantFrom('', '\ufeff', ' \n'),
        async (values, size, indent, before) => {
          const text = JSON.stringify(values, undefined, indent);
          expect(await all(readJsonArray(body(`${before}${text}\n`, size)))).toEqual(JSON.parse(text));
        },
      ),
    );
  });

  it('are the lines of NDJSON, however it comes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(value),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom('\n', '\r\n', '\n\n'),
        fc.constantFrom('', '\ufeff'),
        async (values, size, between, mark) => {
          const text = mark + values.map((given) => JSON.stringify(given)).join(between);
          expect(await all(readNdjson(body(text, size)))).toEqual(
            values.map((given): unknown => JSON.parse(JSON.stringify(given))),
          );
        },
      ),
    );
  });

  it.each([
    ['nothing', '', 'body'],
    ['an object', '{"a":1}', 'body'],
    ['an array that does not end', '[{"a":1}', 'body'],
    ['an array that does not begin', ']', 'body'],
    ['two arrays', '[1][2]', 'body'],
    ['a comma at the end', '[1,]', 'body'],
    ['a comma at the beginning', '[,1]', 'body'],
    ['an element that is not JSON', '[1,{"a":2],3]', '[1]'],
    ['brackets alone', '['.repeat(8 * 1024 * 1024), '[0]'],
    ['an element that is nested too deep', `[1,${'['.repeat(100)}${']'.repeat(100)}]`, '[1]'],
    ['an element that is too long', `[1,"${'x'.repeat(70_000)}"]`, '[1]'],
    ['a number without end', `[${'1'.repeat(1_000_000)}`, '[0]'],
    ['half of a surrogate pair', String.raw`[1,{"a":["A\ud83d"]}]`, '[1]: a[0]'],
    ['a NUL', String.raw`["\u0000"]`, '[0]'],
  ])('are not read from an array of %s', async (_what, text, path) => {
    expect(await errors(readJsonArray(body(text, 65_536)))).toEqual([
      { path, message: expect.stringMatching(/^must/) as unknown },
    ]);
  });

  it.each([
    ['is not JSON', '1\nnonsense', 'line 2'],
    ['is nested too deep', `1\n${'['.repeat(60_000)}`, 'line 2'],
    ['is too long', `1\n"${'x'.repeat(70_000)}"`, 'line 2'],
    ['has half of a surrogate pair', `1\n\n${String.raw`{"name":"A\ud83d"}`}`, 'line 3: name'],
  ])('are not read from a line that %s', async (_what, text, path) => {
    expect(await errors(readNdjson(body(text)))).toEqual([
      { path, message: expect.stringMatching(/^must/) as unknown },
    ]);
  });

  it('must be UTF-8', async () => {
    const latin = Buffer.from('"Zoë"', 'latin1');
    expect(await errors(readNdjson(body(Buffer.concat([Buffer.from('1\n'), latin]))))).toEqual([
      { path: 'line 2', message: 'must be UTF-8' },
    ]);
    expect(
      await errors(readJsonArray(body(Buffer.concat([Buffer.from('['), latin, Buffer.from(']')])))),
    ).toEqual([{ path: '[0]', message: 'must be UTF-8' }]);
  });
});
