import { readdirSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBulkTasks, createJobs } from 'durable-jobs';
import type { BulkTaskRegistry } from 'durable-jobs/bulk';
import { expect, it } from 'vitest';
import { bulkTasks } from '../../contracts/bulk.ts';
import { jobs } from '../../contracts/catalogue.ts';
import { workKinds } from '../../contracts/work-items.ts';

const library = fileURLToPath(new URL('../../packages/durable-jobs/', import.meta.url));

/** Words that only a shop has. `order` is also a word of the library, so it only counts in names. */
const shopWords = [
  /\borders\b(?! (?:by|a)\b)/i,
  /\b(?:an|the customer's|open|paid|unpaid|placed) order\b(?! (?:of|by|in))/i,
  /\border(?:Id|Status|Number)\b/,
  /\b(?:shop|sku|stock|receipts?|customers?|refunds?|refunded|payments?|basket|checkout)\b/i,
  /\b(?:charge|process|return|ship)[A-Z-](?:order|payment)\b/i,
  /\bwelcome(?:[ -]email|:<)/i,
];

const namesOf = (types: readonly string[], { tasks, queries }: BulkTaskRegistry): string[] => [
  ...types,
  ...tasks.map(({ name }) => name),
  ...queries.map(({ name }) => name),
];

const libraryTasks = createBulkTasks({});
const libraryNames = namesOf(createJobs([], libraryTasks).types, libraryTasks);
const names = [...namesOf(jobs.types, bulkTasks), ...workKinds.kinds].filter(
  (name) => !libraryNames.includes(name),
);

it('the library contains no word of the application', () => {
  const files = readdirSync(`${library}src`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(library, `${parentPath}/${name}`))
    // Released migrations are never edited.
    .filter((file) => !file.endsWith('.test.ts') && !file.startsWith('src/database/migrations/'));
  expect(files.length).toBeGreaterThan(400);
  const found = files.flatMap((file) =>
    readFileSync(`${library}${file}`, 'utf8')
      .split('\n')
      .flatMap((line, index) => {
        const word =
          names.find((name) => new RegExp(`\\b${name}\\b`).test(line)) ??
          shopWords.map((pattern) => pattern.exec(line)?.[0]).find(Boolean);
        return word === undefined ? [] : [`${file}:${index + 1}: ${word}`];
      }),
  );
  expect(found).toEqual([]);
});
