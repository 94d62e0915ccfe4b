import { setTimeout as delay } from 'node:timers/promises';
import type { Link, LinkState } from '../link.ts';
import { createRandom } from '../random.ts';
import type { LinkName, MatrixStack } from '../stack.ts';
import type { BeginFault } from './begin.ts';

/** The least and the most time that passes between two cuts. */
const [SOONEST_CUT_MS, LATEST_CUT_MS] = [200, 2_000];

/** The delay of a slow network. */
const [FASTEST_MS, SLOWEST_MS] = [40, 100];

/** Connections are refused, and existing ones end. */
export const refuse: BeginFault = (stack, { target }) => disturb(stack, target, { kind: 'refused' });

/** Connections exist, and nothing arrives until the end. */
export const silence: BeginFault = (stack, { target }) => disturb(stack, target, { kind: 'silent' });

/** Everything arrives later. */
export const slow: BeginFault = (stack, { target, atMs }) => {
  const random = createRandom(atMs);
  return disturb(stack, target, { kind: 'slow', delayMs: () => random.int(FASTEST_MS, SLOWEST_MS) });
};

/** Connections end again and again, in the middle of what they carry. */
export const cut: BeginFault = (stack, { target, atMs }) => {
  const link = linkOf(stack, target);
  const random = createRandom(atMs);
  const ending = new AbortController();
  const cutting = (async () => {
    while (!ending.signal.aborted) {
      link.cut();
      await delay(random.int(SOONEST_CUT_MS, LATEST_CUT_MS), undefined, { signal: ending.signal }).catch(
        () => undefined,
      );
    }
  })();
  return Promise.resolve(async () => {
    ending.abort();
    await cutting;
  });
};

function disturb(stack: MatrixStack, target: string, state: LinkState): ReturnType<BeginFault> {
  const link = linkOf(stack, target);
  link.set(state);
  return Promise.resolve(() => {
    link.set({ kind: 'open' });
    return Promise.resolve();
  });
}

function linkOf({ links }: MatrixStack, target: string): Link {
  const link = links[target as LinkName];
  if (!link) throw new Error(`the stack has no link to the ${target}`);
  return link;
}
