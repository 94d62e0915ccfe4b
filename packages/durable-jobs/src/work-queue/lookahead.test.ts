import { expect, it } from 'vitest';
import { createLookahead } from './lookahead.ts';

it('claims nothing ahead before it knows how long attempts take', () => {
  expect(createLookahead(10).size()).toBe(0);
});

it('claims ahead what the slots take fifty milliseconds for, at most five items per slot', () => {
  const lookahead = createLookahead(10);
  lookahead.took('a', 100);
  expect(lookahead.size()).toBe(5);
  for (let n = 0; n < 100; n++) lookahead.took('a', 1);
  expect(lookahead.size()).toBe(50);
  for (let n = 0; n < 100; n++) lookahead.took('a', 1_000);
  expect(lookahead.size()).toBe(0);
});

it('claims nothing ahead once items have waited too long, until it has seen an attempt again', () => {
  const lookahead = createLookahead(10);
  lookahead.took('a', 1);
  lookahead.waited();
  expect(lookahead.size()).toBe(0);
  lookahead.took('a', 50);
  expect(lookahead.size()).toBe(10);
});

it('claims the items of long kinds for free slots only, and as many of the others as they last for', () => {
  const lookahead = createLookahead(10);
  for (let n = 0; n < 100; n++) {
    lookahead.took('short', 10);
    lookahead.took('long', 10_000);
  }
  expect([lookahead.includes('short'), lookahead.includes('long'), lookahead.includes('unknown')]).toEqual([
    true,
    false,
    false,
  ]);
  expect(lookahead.size()).toBe(50);
});

it('claims a kind ahead whose attempts last as long as that in all slots', () => {
  const lookahead = createLookahead(10, 20);
  lookahead.took('a', 200);
  expect([lookahead.includes('a'), lookahead.size()]).toEqual([true, 1]);
  lookahead.waited();
  lookahead.took('a', 201);
  expect([lookahead.includes('a'), lookahead.size()]).toEqual([false, 0]);
});

it('follows the latest attempts, each of which counts for a tenth', () => {
  const lookahead = createLookahead(100);
  lookahead.took('a', 100);
  lookahead.took('a', 200);
  // 110 ms on average: 50 ms are enough for 45 items in 100 slots.
  expect(lookahead.size()).toBe(45);
});

it('counts kinds by how often they are attempted', () => {
  const lookahead = createLookahead(10);
  for (let n = 0; n < 100; n++) lookahead.took('middle', 100);
  expect(lookahead.size()).toBe(5);
  for (let n = 0; n < 100; n++) lookahead.took('short', 10);
  expect(lookahead.includes('middle')).toBe(true);
  expect(lookahead.size()).toBe(49);
});

it('counts a kind that was attempted three times about as often', () => {
  const lookahead = createLookahead(10);
  for (const kind of ['middle', 'middle', 'middle', 'short'])
    lookahead.took(kind, kind === 'middle' ? 100 : 10);
  // Each attempt counts for a tenth less than the one after it: 0.1 of 10 ms and 0.244 of 100 ms are 74 ms on average.
  expect(lookahead.size()).toBe(6);
});
