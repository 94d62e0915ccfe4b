import { expect, it } from 'vitest';
import type { OwnVersion } from './next-task-of.ts';
import { reasonToStart } from './reason-to-start.ts';
import type { WorkersByCode } from './workers-by-code.ts';

const others: WorkersByCode = { other: ['1@a'], same: [] };

it.each<[string, WorkersByCode | undefined, OwnVersion['state'] | undefined, boolean]>([
  ['beside workers with other code', others, undefined, false],
  ['beside workers with the same code too', { other: ['1@a'], same: ['2@a'] }, undefined, true],
  ['beside no workers', { other: [], same: [] }, undefined, true],
  ['beside workers that are not known', undefined, undefined, true],
  ['as a version that was not promoted', others, 'inactive', false],
  ['as the current version', others, 'current', true],
  ['as the ramping version', others, 'ramping', true],
  ['as a former version', others, 'draining', true],
  ['as a version whose state is unknown', others, 'unknown', true],
])(
  'a worker whose code does not replay a job, %s: it starts or is refused',
  (_where, workers, state, starts) => {
    expect(reasonToStart('refuse', { workers, state }) !== undefined).toBe(starts);
  },
);

it('a worker starts beside others if it is to warn alone', () => {
  expect(reasonToStart('warn', { workers: others, state: undefined })).toBe('as WORKER_REPLAY permits');
});
