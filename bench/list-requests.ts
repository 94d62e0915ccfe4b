import type pg from 'pg';

/** A request whose time is measured. */
export interface ListRequest {
  name: string;
  path: string;
  accept: 'application/json' | 'text/html';
}

/**
 * Returns the requests of lists: first pages, pages in the middle, each filter with many and with no results, and the views of one job.
 * Jobs and times are those of the engine's index at present.
 */
export async function listRequests(visibility: pg.ClientBase): Promise<ListRequest[]> {
  const { rows } = await visibility.query<Record<'order' | 'failed' | 'oldKey' | 'middle', string>>(NAMES);
  const { order = '', failed = '', oldKey = '', middle = '' } = rows[0] ?? {};
  const key = order.split(':')[1] ?? '';
  // A cursor as in packages/durable-jobs/src/jobs/list/list-place.ts: ended jobs, from the middle of all on.
  const place = { in: 'closed', asOf: new Date().toISOString(), place: { at: middle, shown: [] } };
  const cursor = Buffer.from(JSON.stringify(place)).toString('base64url');
  const before = encodeURIComponent(`${middle.slice(0, 23)}Z`);
  const jobs: Record<string, string> = {
    'all jobs': '',
    'all jobs, a page in the middle': `cursor=${cursor}`,
    'one type': 'type=sendWelcomeEmail',
    'one type, a page in the middle': `type=processOrder&cursor=${cursor}`,
    'a type without jobs': 'type=returnPayment',
    ...Object.fromEntries(
      ['completed', 'failed', 'cancelled', 'scheduled', 'running', 'waiting', 'paused', 'retrying'].map(
        (status) => [`status ${status}`, `status=${status}`],
      ),
    ),
    'one type, failed': 'type=sendWelcomeEmail&status=failed',
    'one type of which none failed': 'type=processOrder&status=failed',
    'a key': `businessKey=${key}`,
    'a key of long ago': `businessKey=${oldKey}`,
    'the beginning of a key': `businessKeyPrefix=${key.slice(0, 8)}`,
    'the beginning of no key': 'businessKeyPrefix=none',
    'started before the middle': `startedBefore=${before}`,
    'ended before the middle': `closedBefore=${before}`,
    'ended before all': 'closedBefore=2020-01-01T00:00:00Z',
    'an error code': 'errorCode=UserNotFound',
  };
  const others: Record<string, string> = {
    'one job': `/api/jobs/${order}`,
    'why a job failed': `/api/jobs/${failed}/why`,
    'the timeline of a job': `/api/jobs/${order}/timeline`,
    schedules: '/api/schedules',
    queues: '/api/queues',
    'dead starts': '/api/dead-starts',
    'work items': '/api/work-items',
    'work items, dead, of a kind': '/api/work-items?status=dead&kind=adjust-stock',
    'summary of work items': '/api/work-items/summary',
    'emails, dead': '/api/emails?status=dead',
    'dead letters, open': '/api/dead-letters?status=open',
    'audit entries': '/api/audit',
    'audit entries of an action': '/api/audit?what=jobs.cancel',
    'bulk jobs': '/api/bulk-jobs',
    orders: '/api/orders?status=completed',
  };
  const json = (name: string, path: string): ListRequest => ({ name, path, accept: 'application/json' });
  return [
    ...Object.entries(jobs).map(([name, query]) => json(name, `/api/jobs?${query}`)),
    ...Object.entries(others).map(([name, path]) => json(name, path)),
    { name: 'the page of jobs', path: '/api/jobs', accept: 'text/html' },
  ];
}

const NAMES = `
  WITH ended AS MATERIALIZED (
    SELECT workflow_id, workflow_type_name, status, close_time FROM executions_visibility
    WHERE status BETWEEN 2 AND 5 AND workflow_type_name IN ('processOrder', 'sendWelcomeEmail', 'sendPasswordReset'))
  SELECT
    (SELECT workflow_id FROM ended WHERE workflow_type_name = 'processOrder' ORDER BY close_time DESC LIMIT 1) AS "order",
    (SELECT workflow_id FROM ended WHERE status = 3 ORDER BY close_time DESC LIMIT 1) AS failed,
    (SELECT split_part(workflow_id, ':', 2) FROM ended ORDER BY close_time LIMIT 1) AS "oldKey",
    (SELECT to_char(close_time, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') FROM ended
     ORDER BY close_time OFFSET (SELECT count(*) / 2 FROM ended) LIMIT 1) AS middle`;
