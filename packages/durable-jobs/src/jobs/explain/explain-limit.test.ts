import { expect, it } from 'vitest';
import type { UndispatchedStart } from '../outbox/find.ts';
import { explainLimit } from './explain-limit.ts';
import { explainStart } from './explain-start.ts';

const since = '2026-11-28T10:00:00.000Z';
const wait = {
  kind: 'concurrency',
  key: 'acme',
  held: 3,
  holder: 'export-invoices:a',
  freeAt: null,
  isBeingFreed: false,
  replaced: 0,
} as const;
const throttled = { ...wait, kind: 'throttle', freeAt: new Date('2026-11-28T10:01:00Z') } as const;

it.each([
  [wait, 'It waits for one of the 3 open runs of the key acme to end.'],
  [{ ...wait, held: 1 }, 'It waits for the open run of the key acme to end.'],
  [
    { ...wait, held: 1, isBeingFreed: true, replaced: 2 },
    'It waits for the open run of the key acme to end, whose cancellation was requested for it. It replaced 2 earlier starts.',
  ],
  [{ ...wait, key: null }, 'It waits for one of the 3 open runs of its type to end.'],
  [
    { ...wait, held: 0, holder: null },
    'It waits for its turn: the next start of the key acme is made in a moment.',
  ],
  [
    throttled,
    'It waits because its job is throttled: 3 starts of the key acme were made within the period; the next is made at 2026-11-28T10:01:00.000Z at the earliest.',
  ],
  ['behind', 'It waits for an earlier start of this job to be made and its run to end.'],
] as const)('explains a wait in one sentence: %j', (limit, sentence) => {
  expect(explainLimit(limit, { since }).sentence).toBe(sentence);
});

it('names the facts for programs', () => {
  expect(explainLimit(wait, { since })).toMatchObject({
    code: 'waiting_for_slot',
    since,
    limit: { kind: 'concurrency', key: 'acme', held: 3 },
    child: 'export-invoices:a',
    actions: [{ does: 'See GET /api/jobs/export-invoices:a/why.' }],
  });
  expect(explainLimit(throttled, { since, until: '2026-11-28T11:00:00.000Z' })).toMatchObject({
    code: 'waiting_for_throttle',
    nextAt: '2026-11-28T10:01:00.000Z',
    sentence: expect.stringContaining('until 2026-11-28T11:00:00.000Z at the latest') as string,
  });
});

it('explains when the engine receives a start that is for a later time', () => {
  const startAt = new Date(Date.now() + 60_000);
  const start = { createdAt: new Date(since), startAt, nextAttemptAt: new Date() } as UndispatchedStart;
  const sentence = (own: Partial<UndispatchedStart>, isEngineAway: boolean) =>
    explainStart({ ...start, ...own }, isEngineAway).sentence;
  expect(sentence({}, false)).toContain('the engine receives the job in a moment.');
  expect(sentence({}, true)).toContain('the engine is unavailable,');
  // Its job has limits.
  for (const isEngineAway of [true, false]) {
    expect(sentence({ nextAttemptAt: startAt }, isEngineAway)).toContain('receives the job at that time,');
  }
});
