import { expect, it } from 'vitest';
import { scheduleListPage } from './pages.ts';
import type { ScheduleView } from './schedule-json.ts';

/** The rows of the list with one schedule. */
function rowOf(timing: Pick<ScheduleView, 'cron' | 'calendar' | 'every'>): string {
  const schedule: ScheduleView = {
    id: 'nightly',
    job: 'refreshStatistics',
    input: {},
    ...timing,
    timeZone: 'America/New_York',
    jitter: '0s',
    overlap: 'skip',
    catchupWindow: '1d',
    pauseOnFailure: false,
    note: '',
    owner: 'api',
    unreadable: false,
    paused: false,
    stateNote: null,
    nextRuns: [{ utc: '2026-03-02T18:30:00.000Z', local: '2026-03-02T13:30:00-05:00' }],
    recentRuns: [],
    counts: { started: 0, missedCatchupWindow: 0, skippedForOverlap: 0, lost: 0 },
    createdAt: '2026-03-01T00:00:00.000Z',
    warnings: [],
    links: { self: '/api/schedules/nightly', ui: 'http://127.0.0.1:8233' },
  };
  const page = scheduleListPage({}, { items: [schedule], nextCursor: null }).content.toString();
  return page.slice(page.indexOf('<tbody>'));
}

it('names the time zone of an expression in the list, beside times that are shown in the zone of the reader', () => {
  expect(rowOf({ cron: '30 13 * * *' })).toContain(
    '30 13 * * *</code> <span class="note">America/New_York</span>',
  );
  expect(rowOf({ calendar: { hour: 13 } })).toContain('<span class="note">America/New_York</span>');
  expect(rowOf({ cron: '30 13 * * *' })).toContain('2 Mar, 18:30:00 UTC');
  // An interval is the same in each zone.
  expect(rowOf({ every: '45m' })).not.toContain('America/New_York');
});
