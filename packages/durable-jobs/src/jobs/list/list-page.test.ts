import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineWorkflow } from '../job-definition.ts';
import { jobStatuses, type JobStatus } from '../job-view.ts';
import { createJobRegistry } from '../registry.ts';
import { jobListPage, type JobSearch } from './list-page.ts';
import { listJobsQuery } from './list-query.ts';

/** A page of jobs, as an open page is sent it. */
function sent(
  nextCursor: string | null,
  asOf: string,
  search: JobSearch = {},
  status: JobStatus = 'running',
): string {
  const job = {
    id: 'process-order:tea',
    runId: 'a-run',
    startId: null,
    type: 'processOrder',
    businessKey: 'tea',
    status,
    createdAt: '2026-03-02T09:00:00.000Z',
    startsAt: null,
    closedAt: null,
    failure: null,
    lastError: null,
    links: { self: '/api/jobs/process-order:tea', ui: null },
  };
  return jobListPage(search, { items: [job], nextCursor, asOf }, ['processOrder']).content.toString();
}

const processOrder = defineWorkflow({
  type: 'processOrder',
  description: 'Charges an order.',
  input: z.strictObject({}),
  taskQueue: 'jobs',
  businessKey: () => 'tea',
  summary: () => 'Order',
  startPolicy: 'once',
});
const listQuery = listJobsQuery(createJobRegistry([processOrder]));

/** Why the search refuses a query; undefined if it does not. */
const refusalOf = (query: Record<string, string>): string | undefined =>
  listQuery.safeParse(query).error?.message;

/** What an open page keeps as it was loaded: all that is outside of the list's part. */
function kept(page: string): string {
  const start = page.indexOf('<div id="list-content" data-live');
  let depth = 0;
  for (const { 0: tag, index } of page.slice(start).matchAll(/<\/?div\b/g)) {
    depth += tag === '<div' ? 1 : -1;
    if (depth === 0) return page.slice(0, start) + page.slice(start + index);
  }
  throw new Error('the list has no end');
}

describe('the page of jobs', () => {
  it('keeps nothing that belongs to the jobs it showed before', () => {
    const before = sent('first', '2026-03-02T09:01:00.000Z');
    const after = sent('second', '2026-03-02T09:02:00.000Z');
    expect(after).toContain('cursor=second');
    expect(kept(after)).toBe(kept(before));
    expect(kept(sent(null, '2026-03-02T09:03:00.000Z'))).toBe(kept(before));
  });

  it.each(['all', ...jobStatuses])(
    'offers for the status %s nothing that the search would refuse',
    (status) => {
      const values = {
        type: 'processOrder',
        businessKeyPrefix: 'te',
        errorCode: 'PaymentFailed',
        errorMessage: 'declined',
        startedAfter: '2026-03-01T00:00:00Z',
        startedBefore: '2026-03-02T00:00:00Z',
        closedAfter: '2026-03-01T00:00:00Z',
        closedBefore: '2026-03-02T00:00:00Z',
      };
      const search = status === 'all' ? {} : { status };
      const page = sent(null, '2026-03-02T09:01:00.000Z', search);
      const offered = Object.entries(values).filter(([name]) => page.includes(`name="${name}"`));
      expect(offered.length).toBeGreaterThanOrEqual(4);
      for (const field of offered)
        expect(refusalOf({ ...search, ...Object.fromEntries([field]) })).toBeUndefined();
      // The search that has every field leads to others with those alone that apply.
      const full = sent(null, '2026-03-02T09:01:00.000Z', { ...values, ...search });
      const tabs = [...full.matchAll(/href="\/api\/jobs\?([^"]*)"/g)].map(([, query = '']) => query);
      expect(tabs.length).toBeGreaterThan(jobStatuses.length);
      for (const query of tabs)
        expect(
          refusalOf(Object.fromEntries(new URLSearchParams(query.replaceAll('&amp;', '&')))),
          query,
        ).toBeUndefined();
    },
  );

  it('says for each job what a retry may do, in the state that it shows', () => {
    const scopes = jobStatuses.map((status) => {
      const page = sent(null, '2026-03-02T09:01:00.000Z', {}, status);
      return [status, /name="job"[^>]* data-scope="([^"]*)"/.exec(page)?.[1]];
    });
    expect(Object.fromEntries(scopes)).toEqual({
      scheduled: 'attempt',
      running: 'attempt',
      waiting: 'attempt',
      retrying: 'attempt',
      paused: 'attempt',
      completed: 'run',
      failed: 'run',
      cancelled: 'run',
      terminated: 'run',
    });
  });

  it('says why people cannot act on all jobs of a status', () => {
    const hints = jobStatuses.map((status) => {
      const page = sent(null, '2026-03-02T09:01:00.000Z', { status });
      return [status, /name="all" disabled title="([^"]*)"/.exec(page)?.[1]];
    });
    expect(Object.fromEntries(hints)).toEqual({
      scheduled: undefined,
      running: undefined,
      waiting: 'Choose the status running to act on all of them: it includes jobs that are waiting.',
      retrying: 'Choose the status running to act on all of them: it includes jobs that are retrying.',
      paused: 'Choose the status running to act on all of them: it includes jobs that are paused.',
      completed: 'Completed jobs cannot be changed.',
      failed: undefined,
      cancelled: undefined,
      terminated: undefined,
    });
  });
});
