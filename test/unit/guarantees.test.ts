import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { namesTest, readGuarantees } from '../support/guarantees.ts';

const root = join(import.meta.dirname, '../..');
const guarantees = readGuarantees();

it('there are guarantees', () => {
  expect(guarantees.length).toBeGreaterThan(20);
});

describe.each(guarantees)('the guarantee "$title"', ({ parts, proofs }) => {
  it('says what it rests on, where it ends, and what proves it', () => {
    expect(parts).toEqual(['Rests on', 'Limits', 'Proved by']);
    expect(proofs.length).toBeGreaterThan(0);
  });

  it.each(proofs)('names a test that exists: $file: $title', ({ file, title }) => {
    expect(existsSync(join(root, file))).toBe(true);
    const source = readFileSync(join(root, file), 'utf8');
    const quoted = ["'", '"', '`'].map((quote) => `${quote}${title}${quote}`);
    expect(quoted.some((text) => source.includes(text))).toBe(true);
  });
});

it.each([
  ['is late (by 1 h)', 'is late (by 1 h)', true],
  ['is late', 'is late (by 1 h)', false],
  ['is %s late', 'is never late', true],
  ['is %s late', 'is never early', false],
  ['is %s late: %s', 'is never late: says it', true],
])('the title "%s" and the test "%s": %s', (title, name, named) => {
  expect(namesTest(title, name)).toBe(named);
});
