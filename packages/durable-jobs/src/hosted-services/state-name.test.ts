import { expect, it } from 'vitest';
import { stateOf, type StateSources } from './state-name.ts';

const pausedAt = new Date(0);
const sole: StateSources = {
  onEveryWorker: false,
  row: { running: false, pausedAt: null },
  shares: 0,
  paused: undefined,
};
const shared: StateSources = { ...sole, onEveryWorker: true };

it('takes the state of a service on one worker from its lock, then from its workflow, then from its row', () => {
  expect(stateOf({ ...sole, row: { running: true, pausedAt }, paused: true })).toBe('running');
  // Workers of another release may run it on every worker.
  expect(stateOf({ ...sole, shares: 1, paused: true })).toBe('running');
  expect(stateOf({ ...sole, paused: true })).toBe('paused');
  expect(stateOf({ ...sole, row: { running: false, pausedAt }, paused: false })).toBe('waiting_for_worker');
  expect(stateOf({ ...sole, row: { running: false, pausedAt } })).toBe('paused');
  expect(stateOf(sole)).toBe('waiting_for_worker');
});

it('takes the state of a service on every worker from its shares, then from its row', () => {
  expect(stateOf({ ...shared, shares: 1 })).toBe('running');
  expect(stateOf({ ...shared, row: { running: true, pausedAt: null } })).toBe('waiting_for_worker');
  expect(stateOf({ ...shared, row: { running: true, pausedAt }, paused: false })).toBe('paused');
  expect(stateOf({ ...shared, paused: true })).toBe('waiting_for_worker');
});
