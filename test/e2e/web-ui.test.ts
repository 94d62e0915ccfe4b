import { randomUUID } from 'node:crypto';
import { describe, expect, inject, it } from 'vitest';
import { useBrowser } from '../support/browser.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { useService } from '../support/service.ts';

const browserPath = inject('chromium');

describe.skipIf(browserPath.path === undefined)(`the Temporal Web UI ${browserPath.howToGet ?? ''}`, () => {
  const service = useService();
  const browser = useBrowser();

  async function declinedOrder(): Promise<{ id: string; jobId: string }> {
    const user = { email: `ada-${randomUUID()}@example.com`, name: 'Ada', password: 'correct horse' };
    const { body } = await service.request('POST', '/api/auth/register', user);
    const order = await service.request('POST', '/api/orders', {
      userId: (body as { id: string }).id,
      currency: 'EUR',
      items: [{ sku: 'tea', quantity: 2, unitAmount: 450 }],
      paymentMethod: 'pm_card_chargeDeclined',
    });
    return order.body as { id: string; jobId: string };
  }

  it('explains in words what a job is and what it waits for', async () => {
    const { page } = browser;
    const { id, jobId } = await declinedOrder();
    const job = await jobWithStatus(service, jobId, 'waiting');
    await page.goto((job.links.ui ?? '').replace('http://127.0.0.1:8233', inject('temporalUiUrl')));
    await page.getByText('Cancel the order unless a new payment method arrives').first().waitFor();
    await browser.screenshot('web-ui-job');
    await page.getByRole('tab', { name: 'User Metadata' }).click();
    // The page shows both in frames, because they may contain Markdown.
    const [summary, currentDetails] = [0, 1].map((n) => page.locator('iframe').nth(n).contentFrame());
    await summary?.getByText(`Payment and completion of order ${id}`).waitFor();
    await currentDetails?.getByText(/The card was declined \(generic_decline\)\. Waiting until/).waitFor();
    await browser.screenshot('web-ui-metadata');
  });

  it('lists jobs by readable id, and finds them by type and business key', async () => {
    const { page } = browser;
    const { id, jobId } = await declinedOrder();
    await jobWithStatus(service, jobId, 'waiting');
    const query = `JobType="processOrder" AND BusinessKey="${id}"`;
    // The list of the page is read once.
    await eventually(async () => expect((await service.client.workflow.count(query)).count).toBe(1));
    await page.goto(
      `${inject('temporalUiUrl')}/namespaces/${service.namespace}/workflows?query=${encodeURIComponent(query)}`,
    );
    await page.getByText(jobId).first().waitFor();
    await browser.screenshot('web-ui-list');
    expect(await page.getByRole('link', { name: /^process-order:/ }).count()).toBe(1);
    expect(await page.getByRole('link', { name: /^send-welcome-email:/ }).count()).toBe(0);
  });
});
