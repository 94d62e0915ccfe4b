import { expect, it } from 'vitest';
import { ServiceNotices } from './notices.ts';

const MINUTE = 60_000;
const error = new Error('ada@example.com can not be reached');

it('says nothing of a service that has nothing to do, or does it quickly', () => {
  const notices = new ServiceNotices(0);
  for (let now = 0; now < 24 * 60 * MINUTE; now += 30_000) {
    notices.report({ busy: true }, now);
    notices.report({ processed: 3, busy: false }, now + 5_000);
    expect(notices.next(now + 5_000)).toBeUndefined();
  }
});

it('reports once that a service fails, and its recovery after a minute without an error', () => {
  const notices = new ServiceNotices(0);
  notices.report({ error }, MINUTE);
  const told = notices.next(MINUTE);
  expect(told).toBe('Errors have occurred since 1970-01-01T00:01:00Z; the service is still running.');
  notices.report({ error }, 1.5 * MINUTE);
  expect(notices.next(2 * MINUTE)).toBeUndefined();
  expect(notices.next(2.6 * MINUTE)).toMatch(/^Running without errors since/);
  expect(notices.next(3 * MINUTE)).toBeUndefined();
});

it('never quotes an error, because its text is kept in a history', () => {
  const notices = new ServiceNotices(0);
  notices.report({ error }, 0);
  expect(notices.next(0)).not.toContain('ada');
});

it('reports that a service is busy for long, and when that ends', () => {
  const notices = new ServiceNotices(0);
  notices.report({ busy: true }, 0);
  expect(notices.next(30_000)).toBeUndefined();
  expect(notices.next(2 * MINUTE)).toBe('The service has been busy since 1970-01-01T00:00:00Z.');
  notices.report({ busy: false }, 3 * MINUTE);
  expect(notices.next(3 * MINUTE)).toMatch(/^Running/);
});

it('sends no more than twelve notices an hour, however often a service changes', () => {
  const notices = new ServiceNotices(0);
  let told = 0;
  for (let now = 0; now < 60 * MINUTE; now += 5_000) {
    if (now % (3 * MINUTE) === 0) notices.report({ error }, now);
    if (notices.next(now) !== undefined) told++;
  }
  expect(told).toBeGreaterThan(3);
  expect(told).toBeLessThanOrEqual(3 + 12);
});

it('repeats a notice that was not delivered', () => {
  const notices = new ServiceNotices(0);
  notices.report({ error }, 0);
  expect(notices.next(0)).toBeDefined();
  notices.lost();
  expect(notices.next(5_000)).toBeDefined();
});
