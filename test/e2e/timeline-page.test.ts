import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Timeline } from '../../packages/durable-jobs/src/jobs/timeline/timeline.ts';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { stateDir } from '../../local/paths.ts';
import { LOCAL_API_KEY } from '../../packages/durable-jobs/src/config/config.ts';
import { useBrowser } from '../support/browser.ts';
import { attemptNow, eventually, jobWithStatus } from '../support/jobs.ts';
import { useService } from '../support/service.ts';

const browserPath = inject('chromium');
const screenshots = join(stateDir, 'screenshots');

/** Runs in the page. It is text rather than a function, because this project is compiled without the browser's types. */
const look = `(() => {
  const chart = document.querySelector('svg.chart');
  const box = chart.getBoundingClientRect();
  return {
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    named: (chart.getAttribute('aria-label') ?? '').length > 0,
    cutTables: [...document.querySelectorAll('.scroll')].filter((table) => table.scrollWidth > table.clientWidth).length,
    smallestText: (box.width / 340) * 10.5,
    cutOff: [...chart.querySelectorAll('text')].filter((text) => {
      const { left, right, top, bottom } = text.getBoundingClientRect();
      return left < box.left || right > box.right + 1 || top < box.top - 2 || bottom > box.bottom + 2;
    }).map((text) => text.textContent),
    rows: document.querySelectorAll('.steps tbody tr').length,
    crosses: chart.querySelectorAll('path.cross').length,
    diamonds: chart.querySelectorAll('path.green').length,
    card: getComputedStyle(document.querySelector('section')).backgroundColor,
  };
})()`;

describe.skipIf(browserPath.path === undefined)(`the timeline's page ${browserPath.howToGet ?? ''}`, () => {
  const service = useService();
  const browser = useBrowser();
  let url = '';
  let timeline: Timeline;

  /** An order whose first card is declined, whose provider fails twice, and which is finally paid. */
  beforeAll(async () => {
    const user = { email: `ada-${randomUUID()}@example.com`, name: 'Ada', password: 'correct horse' };
    const { id: userId } = (await service.request('POST', '/api/auth/register', user)).body as { id: string };
    const { body } = await service.request('POST', '/api/orders', {
      userId,
      currency: 'EUR',
      items: [{ sku: 'tea', quantity: 3, unitAmount: 1_450 }],
      paymentMethod: 'pm_card_chargeDeclined',
    });
    const order = body as { id: string; jobId: string };
    await jobWithStatus(service, order.jobId, 'waiting');
    await service.fault({ kind: 'status', status: 503, times: 1_000 });
    const card = { paymentMethod: 'pm_card_visa' };
    expect((await service.request('PUT', `/api/orders/${order.id}/payment-method`, card)).status).toBe(202);
    await jobWithStatus(service, order.jobId, 'retrying');
    await attemptNow(service, order.jobId);
    await eventually(async () => {
      const { attempts } = await jobWithStatus(service, order.jobId, 'retrying');
      expect(attempts.filter(({ error }) => error)).toHaveLength(2);
    });
    await service.clearFaults();
    await attemptNow(service, order.jobId);
    await jobWithStatus(service, order.jobId, 'completed');
    url = `/api/jobs/${order.jobId}/timeline`;
    // On a busy machine, the outcome of an attempt is recorded a moment after the attempt.
    timeline = await eventually(async () => {
      const read = (await service.request('GET', url)).body as Timeline;
      const attempts = read.steps.filter(
        ({ kind, activity }) => kind === 'attempt' && activity === 'chargeOrder',
      );
      expect(attempts).toHaveLength(4);
      return read;
    });
  });

  it('has the same as JSON, in words and with times', () => {
    const kinds = timeline.steps.map(({ kind }) => kind);
    expect(kinds.slice(0, 2)).toEqual(['accepted', 'started']);
    expect(kinds).toContain('message');
    expect(kinds).toContain('wait');
    const charges = timeline.steps.filter(
      ({ kind, activity }) => kind === 'attempt' && activity === 'chargeOrder',
    );
    expect(charges.map(({ text }) => text.replace(/failed with.*/, 'failed'))).toEqual([
      'Charge order, attempt 1 of 4, succeeded.',
      'Charge order, attempt 1 of 4, failed',
      'Charge order, attempt 2 of 4, failed',
      'Charge order, attempt 3 of 4, succeeded.',
    ]);
    expect(charges[1]?.error?.code).toBe('PaymentProviderUnavailable');
    expect(timeline.steps.filter(({ kind }) => kind === 'effect').map(({ text }) => text)).toEqual(
      expect.arrayContaining([
        'The customer was charged EUR 43.50.',
        'The email “payment declined” was sent.',
        'The email “order receipt” was sent.',
      ]),
    );
    const times = timeline.steps.map(({ at }) => at);
    expect(times).toEqual(times.toSorted());
    expect(timeline).toMatchObject({ status: 'completed', note: null, why: { code: 'completed' } });
    expect(timeline.steps.every(({ until }) => until !== null)).toBe(true);
  });

  it.each([
    { name: 'desktop', options: { viewport: { width: 1280, height: 900 } } },
    { name: 'desktop-dark', options: { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' } },
    { name: 'phone', options: { viewport: { width: 360, height: 780 }, isMobile: true } },
    {
      name: 'phone-dark',
      options: { viewport: { width: 360, height: 780 }, isMobile: true, colorScheme: 'dark' },
    },
  ] as const)('is whole and readable: $name', async ({ name, options }) => {
    const page = await browser.open({
      ...options,
      extraHTTPHeaders: { authorization: `Bearer ${LOCAL_API_KEY}` },
    });
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (!message.location().url.endsWith('/favicon.ico')) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    const response = await page.goto(service.url + url, { waitUntil: 'load' });
    expect(response?.headers()['content-security-policy']).toContain("script-src 'self'");
    await page.screenshot({ path: join(screenshots, `timeline-${name}.png`), fullPage: true });
    expect(complaints).toEqual([]);

    const seen = await page.evaluate<Record<string, unknown>>(look);
    expect(seen).toMatchObject({
      overflow: 0,
      named: true,
      cutTables: 0,
      cutOff: [],
      crosses: 2,
      diamonds: 3,
    });
    expect(seen.rows).toBe(timeline.steps.length);
    expect(seen.smallestText).toBeGreaterThan(9);
    expect(seen.card).toBe(name.endsWith('dark') ? 'rgb(27, 33, 42)' : 'rgb(255, 255, 255)');
    await page.close();
  });
});
