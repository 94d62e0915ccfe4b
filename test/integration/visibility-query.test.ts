import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { searchAttributes } from '../../packages/durable-jobs/src/engine/search-attributes.ts';
import { Condition, isSearchable } from '../../packages/durable-jobs/src/engine/visibility-query.ts';
import { eventually } from '../support/jobs.ts';
import { useService } from '../support/service.ts';

/** Text that is difficult for a parser: quotes, wildcards, keywords, comments, other alphabets. */
const hostile = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc
    .array(
      fc.constantFrom(
        "'",
        "''",
        '"',
        '\\',
        "\\'",
        '%',
        '_',
        '!',
        '*',
        '[a]',
        ' OR ',
        '--',
        '/*',
        ';',
        '(',
        ')',
        'a',
        'A',
        'é',
        '?',
        '\n',
        '\0',
      ),
      { maxLength: 6 },
    )
    .map((parts) => parts.join('')),
);

const fold = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

describe('a visibility query with any text in it', () => {
  const service = useService({ workers: false });
  /** A key of jobs, by the id of a job. */
  const keys = new Map<string, string>();
  const jobType = `type-${randomUUID()}`;
  const ours = Condition.isOneOf('JobType', [jobType]);

  const find = async (condition: Condition): Promise<string[]> => {
    const query = Condition.all([ours, condition]).toString();
    const ids: string[] = [];
    for await (const run of service.client.workflow.list({ query })) ids.push(run.workflowId);
    return ids.toSorted();
  };
  const idsWhere = (matches: (key: string) => boolean): string[] =>
    [...keys].flatMap(([id, key]) => (matches(key) ? [id] : [])).toSorted();

  beforeAll(async () => {
    const samples = fc.sample(hostile, { numRuns: 120, seed: 1 });
    for (const key of new Set([
      ...samples,
      'order-1',
      'order-2',
      'Order-1',
      "o'rder-1",
      'order%1',
      ' x',
      'x ',
    ])) {
      if (key === '') continue;
      const workflowId = randomUUID();
      keys.set(workflowId, key);
      await service.client.workflow.start('nothing', {
        workflowId,
        taskQueue: 'nobody',
        typedSearchAttributes: [
          { key: searchAttributes.jobType, value: jobType },
          { key: searchAttributes.businessKey, value: key },
        ],
      });
    }
    await eventually(async () => {
      const { count } = await service.client.workflow.count(ours.toString());
      expect(count).toBe(keys.size);
    });
  });

  it('finds exact matches, and nothing if the engine cannot search for the text', async () => {
    const stored = fc.constantFrom(...keys.values());
    const text = fc.oneof(
      hostile,
      stored,
      fc.tuple(stored, fc.nat(5)).map(([key, end]) => Array.from(key).slice(0, end).join('')),
    );
    let sent = 0;
    await fc.assert(
      fc.asyncProperty(text, async (value) => {
        const isPossible = isSearchable(value);
        if (isPossible) sent++;
        expect(await find(Condition.isOneOf('BusinessKey', [value]))).toEqual(
          idsWhere((key) => isPossible && key === value),
        );
        // SQLite is case-insensitive here, so callers check what they find.
        const begins = await find(Condition.startsWith('BusinessKey', value));
        expect(begins.filter((id) => keys.get(id)?.startsWith(value))).toEqual(
          idsWhere((key) => isPossible && key.startsWith(value)),
        );
        expect(
          begins.map((id) => fold(keys.get(id) ?? '')).filter((key) => !key.startsWith(fold(value))),
        ).toEqual([]);
      }),
      { numRuns: 300 },
    );
    expect(sent).toBeGreaterThan(50);
  });
});
