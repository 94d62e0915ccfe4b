import type { Client } from '@temporalio/client';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { markup } from '../html/markup.ts';
import { safePart, type SafePart } from './part.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

const client = { withDeadline: (_at: unknown, act: () => unknown) => act() } as unknown as Client;

/** A section whose content is the number of times that it was rendered; every time but the first, it takes until `end` is called. */
function slowPart(change: { isAlwaysCurrent?: boolean } = {}): { part: SafePart; end: () => void } {
  let rendered = 0;
  let end = (): void => undefined;
  const render = async () => {
    const html = markup`${String(++rendered)}`;
    if (rendered > 1) await new Promise<void>((resolve) => (end = resolve));
    return html;
  };
  const part = { id: 'slow', title: 'Slow', asks: 'The database', render, ...change } as const;
  return { part: safePart(part, { client, logger: pino({ level: 'silent' }) }, 60_000), end: () => end() };
}

const contentOf = async (part: SafePart): Promise<string> => (await part.html()).toString();

it('shows its last content while the next one takes long, and then that', async () => {
  const { part, end } = slowPart();
  expect(await contentOf(part)).toBe('1');
  vi.setSystemTime(Date.now() + 5_000);
  expect(await contentOf(part)).toBe('1');
  end();
  await vi.waitFor(async () => expect(await contentOf(part)).toBe('2'), { timeout: 60_000 });
});

it.each([
  ['its last content is too old', 11_000, {}],
  ['it is always current', 5_000, { isAlwaysCurrent: true }],
])('waits for its content if %s', async (_why, laterMs, change) => {
  const { part, end } = slowPart(change);
  expect(await contentOf(part)).toBe('1');
  vi.setSystemTime(Date.now() + laterMs);
  const content = contentOf(part);
  end();
  expect(await content).toBe('2');
});
