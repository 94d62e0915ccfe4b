import type { ScheduleDescription } from '@temporalio/client';
import { expect, it } from 'vitest';
import { countLost, lostRuns } from './lost-runs.ts';

const description = (overlap: 'SKIP' | 'BUFFER_ALL') =>
  ({
    policies: { overlap },
    info: { numActionsMissedCatchupWindow: 1, numActionsSkippedOverlap: 20 },
    raw: { info: { bufferDropped: 300 } },
  }) as unknown as ScheduleDescription;

it('counts what was skipped as lost, unless the policy asks for it', () => {
  expect(lostRuns(description('BUFFER_ALL'))).toEqual({ catchup_window: 1, overlap: 20, buffer_full: 300 });
  expect(countLost(description('BUFFER_ALL'))).toBe(321);
  expect(lostRuns(description('SKIP'))).toEqual({ catchup_window: 1, overlap: 0, buffer_full: 300 });
  expect(countLost(description('SKIP'))).toBe(301);
});
