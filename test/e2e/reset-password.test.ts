import { randomUUID } from 'node:crypto';
import { describe, expect, inject, it } from 'vitest';
import { useBrowser } from '../support/browser.ts';
import { eventually } from '../support/jobs.ts';
import { useService } from '../support/service.ts';

const browserPath = inject('chromium');

describe.skipIf(browserPath.path === undefined)(`the reset page ${browserPath.howToGet ?? ''}`, () => {
  const service = useService({ config: { PASSWORD_RESET_DELAY: 100 } });
  const browser = useBrowser();

  it("accepts a new password through the email's link once, and explains why another is refused", async () => {
    const { page } = browser;
    const email = `ada-${randomUUID()}@example.com`;
    await service.request('POST', '/api/auth/register', { email, name: 'Ada', password: 'old password' });
    await service.request('POST', '/api/auth/forgot-password', { email });
    const link = await eventually(() => {
      const mail = service.mail.to(email).find(({ subject }) => subject === 'Reset your password');
      const found = /https?:\/\/\S+#token=[\w-]+/.exec(mail?.text ?? '')?.[0];
      expect(found).toBeDefined();
      return found ?? '';
    });
    const { pathname, hash } = new URL(link);
    const asTheServiceListens = `${service.url}${pathname}${hash}`;
    await page.setViewportSize({ width: 390, height: 800 });
    await page.goto(asTheServiceListens);
    await browser.screenshot('reset-password');
    await page.getByLabel('New password').fill('a new password');
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByText('Your password was changed.').waitFor();
    expect(new URL(page.url()).hash).toBe('');
    const rows = await service.db
      .selectFrom('passwordResets')
      .select('usedAt')
      .where('email', '=', email)
      .execute();
    expect(rows).toEqual([{ usedAt: expect.any(Date) as Date }]);

    await page.goto('about:blank');
    await page.goto(asTheServiceListens);
    await page.getByLabel('New password').fill('another password');
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByRole('status').getByText(/\w+/).waitFor();
    await browser.screenshot('reset-password-used');
    expect(await page.getByRole('status').textContent()).toMatch(/used|expired/i);
    // A click waits until it is enabled again.
    await page.getByRole('button').click({ trial: true });
  });

  it('says so if the link is not complete', async () => {
    const { page } = browser;
    await page.goto('about:blank');
    await page.goto(`${service.url}/reset-password`);
    await page.getByText('This link is incomplete.').waitFor();
    expect(await page.getByRole('button').isVisible()).toBe(false);
  });
});
