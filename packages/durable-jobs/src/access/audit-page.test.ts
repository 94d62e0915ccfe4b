import { expect, it } from 'vitest';
import { auditPage } from './audit-page.ts';

/** The row of an entry for a request that acted on so many jobs. */
function rowOf(jobs: number): string {
  const named = Array.from({ length: jobs }, (_, index) => [`job${index + 1}`, `send-invoice:${index + 1}`]);
  const entry = {
    id: '4b1d3c5e-8f0a-4c6b-9d2e-7a1f0b3c5d8e',
    at: '2026-03-02T09:00:03.000Z',
    who: { id: '5f0c2f1e6c1b', name: 'Ada' },
    action: 'POST /api/jobs/batch',
    target: '/api/jobs/batch',
    // The database sorts them by their length.
    params: { ...(Object.fromEntries(named) as Record<string, string>), action: 'retry' },
    reason: null,
    outcome: 'done' as const,
    status: 202,
    code: null,
    endedAt: null,
    requestId: null,
  };
  const page = auditPage({}, { items: [entry], nextCursor: null }).content.toString();
  return page.slice(page.indexOf('<tbody>'));
}

it('shows the first of many jobs that a request acted on, and the others on demand', () => {
  expect(rowOf(5)).toContain('retry, send-invoice:1, send-invoice:2');
  expect(rowOf(5)).not.toContain('<details>');
  const [shown, hidden] = rowOf(100).split('<details>');
  expect(shown).toContain('>retry, send-invoice:1, send-invoice:2, send-invoice:3<');
  expect(hidden).toContain('>and 97 more</summary>');
  expect(hidden).toContain('send-invoice:4, ');
  expect(hidden).toContain('send-invoice:100<');
});
