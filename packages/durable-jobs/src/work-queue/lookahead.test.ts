import { expect, it } from 'vitest';
import { createLookahead } from './lookahead.ts';

it('claims nothing ahead before it knows how long attempts take', () => {
  expect(createLookahead(10).size()).toBe(0);
});

it('claims ahead what the slots take fifty milliseconds for, at most five items per slot', () => {
  const lookahead = createLookahead(10);
  lookahead.took(100);
  expect(lookahead.size()).toBe(5);
  for (let n = 0; n < 100; n++) lookahead.took(1);
  expect(lookahead.size()).toBe(50);
  for (let n = 0; n < 100; n++) lookahead.took(1_000);
  expect(lookahead.size()).toBe(0);
});

it('claims nothing ahead once items have waited too long, until it has seen an attempt again', () => {
  const lookahead = createLookahead(10);
  lookahead.took(1);
  lookahead.waited();
  expect(lookahead.size()).toBe(0);
  lookahead.took(50);
  expect(lookahead.size()).toBe(10);
});
