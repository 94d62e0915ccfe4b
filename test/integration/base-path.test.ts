import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { orderOf } from '../support/order-messages.ts';
import { makeKey } from '../support/make-key.ts';
import { useService } from '../support/service.ts';

const service = useService({ workers: false, config: { API_BASE_PATH: '/team' } });

/** Every path in a value, which may be one of its texts or a part of a page. */
const pathsIn = (value: unknown): string[] =>
  JSON.stringify(value).match(/(?<=["'\\ ])\/(?:team\/)?(?:api|login|docs|reset-password)\b[^"'\\ ]*/g) ?? [];

it('links to its own addresses below the path that a proxy removes', async () => {
  const { db } = service;
  const user = { email: `ada-${randomUUID()}@example.com`, name: 'Ada', password: 'correct horse' };
  const registered = await service.request('POST', '/api/auth/register', user, { 'idempotency-key': 'a' });
  const again = await service.request('POST', '/api/auth/register', user, { 'idempotency-key': 'a' });
  const { id: userId } = registered.body as { id: string };
  const ordered = await service.request('POST', '/api/orders', orderOf(userId));
  const { id: orderId } = ordered.body as { id: string };
  await db
    .insertInto('invoices')
    .values({ orderId, number: 1, currency: 'eur', amountMinor: 900, document: '' })
    .execute();
  const reconciliation = randomUUID();
  await db
    .insertInto('reconciliations')
    .values({ id: reconciliation, jobId: 'run-reconciliation:a', windowStart: new Date(), endedAt: null })
    .execute();
  await db
    .insertInto('findings')
    .values({
      source: 'payments',
      kind: 'refund_not_recorded',
      subject: orderId,
      orderId,
      details: JSON.stringify({}),
      firstRunId: reconciliation,
      lastRunId: reconciliation,
    })
    .execute();
  await db.insertInto('reports').values({ kind: 'daily', day: '2026-03-01', data: '{}' }).execute();

  const json = { accept: 'application/json' };
  const { headers } = await makeKey(db, 'viewer');
  const page = async (path: string) => {
    const response = await fetch(service.url + path, { headers: { ...headers, accept: 'text/html' } });
    return { status: response.status, headers: response.headers, body: await response.text() };
  };
  const answers = {
    registered,
    again,
    ordered,
    message: await service.request('POST', '/api/order-messages', orderOf(userId)),
    user: await service.request('GET', `/api/users/${userId}`),
    order: await service.request('GET', `/api/orders/${orderId}`),
    invoice: await service.request('GET', `/api/orders/${orderId}/invoice`, undefined, json),
    reconciliation: await service.request('GET', `/api/reconciliations/${reconciliation}`),
    reconciliations: await service.request('GET', '/api/reconciliations'),
    findings: await service.request('GET', '/api/findings'),
    findingsPage: await page('/api/findings'),
    reports: await service.request('GET', '/api/reports'),
    reportsPage: await page('/api/reports'),
    schedule: await service.request('POST', '/api/process-bulk'),
    password: await page('/reset-password'),
    erased: await service.request('DELETE', `/api/subjects/${userId}`),
  };
  for (const [name, { status, headers, body }] of Object.entries(answers)) {
    expect(status, name).toBeLessThan(300);
    const paths = pathsIn([headers.get('location') ?? '', body]);
    expect(paths.length, name).toBeGreaterThan(0);
    expect(
      paths.filter((path) => !path.startsWith('/team/')),
      name,
    ).toEqual([]);
  }
  expect(answers.again.headers.get('location')).toBe(`/team/api/users/${userId}`);
});
