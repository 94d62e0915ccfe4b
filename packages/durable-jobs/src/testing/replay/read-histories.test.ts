import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readHistories, type HistorySource } from './read-histories.ts';

const folder = await mkdtemp(join(tmpdir(), 'histories-'));

async function read(source: HistorySource): Promise<unknown[]> {
  const names = [];
  for await (const { name } of readHistories(source)) names.push(name);
  return names;
}

describe('the source of histories', () => {
  it.each([
    ['what is not there', join(folder, 'none.json'), 'none.json'],
    ['a folder without histories', folder, folder],
  ])('%s is named', async (_what, source, said) => {
    await expect(read(source)).rejects.toThrow(said);
  });

  it.each([
    ['no JSON', '{'],
    ['no history', '{}'],
    ['a history without a beginning', '{"events":[]}'],
  ])('a file with %s is named', async (what, content) => {
    const file = join(folder, `${what.replaceAll(' ', '-')}.txt`);
    await writeFile(file, content);
    await expect(read(file)).rejects.toThrow(`${file} contains no history`);
  });
});
