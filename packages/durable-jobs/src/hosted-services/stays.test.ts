import { expect, it } from 'vitest';
import type { VersionState } from '../engine/deployments.ts';
import { Stays } from './stays.ts';

it.each<[string, (VersionState | undefined)[], number, boolean]>([
  ['while its version is current', ['current', 'current'], 60_000, false],
  ['a moment before its version is reported as current', ['inactive', 'draining'], 60_000, false],
  ['when another version has become current', ['draining', 'current', 'draining'], 60_000, true],
  ['when the ramp of its version has ended', ['ramping', 'drained'], 60_000, true],
  ['when its version was current only between two looks', ['draining'], 0, true],
  ['when its version was deleted', ['current', undefined], 60_000, true],
])('work leaves or stays %s', (_when, states, graceMs, leaves) => {
  const stays = new Stays(graceMs);
  const { leaving } = stays.begin();
  for (const state of states) stays.note(state);
  expect(leaving.aborted).toBe(leaves);
});

it('work that begins when others leave stays, and work that has ended does not leave', () => {
  const stays = new Stays();
  const ended = stays.begin();
  ended.end();
  const former = stays.begin();
  stays.note('current');
  const next = stays.begin();
  stays.note('draining');
  expect([ended, former, next].map(({ leaving }) => leaving.aborted)).toEqual([false, true, false]);
});
