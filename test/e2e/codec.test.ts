import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { stateDir } from '../../local/paths.ts';
import { useBrowser } from '../support/browser.ts';
import { eventually } from '../support/jobs.ts';
import { useService } from '../support/service.ts';

const browserPath = inject('chromium');
const apiKey = 'a-key-of-the-tests-alone';

describe.skipIf(browserPath.path === undefined)(
  `the codec of the Web UI ${browserPath.howToGet ?? ''}`,
  () => {
    const uiUrl = inject('temporalUiUrl');
    const service = useService({
      payloadKeys: `k1:${randomBytes(32).toString('base64')}`,
      // Not the local key, with which the Web UI of this machine needs no session.
      config: { TEMPORAL_UI_URL: uiUrl, apiKey },
    });
    const browser = useBrowser();

    it('decrypts payloads for signed-in users, and for no one else', async () => {
      const { page } = browser;
      const email = `ada-${randomUUID()}@example.com`;
      const { body } = await service.request('POST', '/api/auth/register', {
        email,
        name: 'Ada',
        password: 'correct horse',
      });
      const { id, jobId } = body as { id: string; jobId: string };
      // It is started in the background.
      await eventually(() => service.client.workflow.getHandle(jobId).result());
      const row = await service.db
        .selectFrom('emails')
        .select('id')
        .where('userId', '=', id)
        .executeTakeFirstOrThrow();
      const job = `${uiUrl}/namespaces/${service.namespace}/workflows/${jobId}`;
      const inClear = page.getByText(row.id).first();

      await page.goto(`${service.url}/login?next=/api/stats`);
      await browser.screenshot('sign-in');
      await page.getByLabel('API key').fill('not a key');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText('The key does not exist or has expired').waitFor();
      await page.getByLabel('API key').fill(apiKey);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.waitForURL('**/api/stats');

      // A payload that is not decrypted is shown as it is.
      await page.goto(job);
      await page.getByText('encryption-key-id').first().waitFor();
      expect(await inClear.count()).toBe(0);

      await page
        .getByRole('button', { name: /codec|data encoder/i })
        .first()
        .click();
      await page.getByPlaceholder('Paste your endpoint here').fill(`${service.url}/codec`);
      await page.getByText('Include cross-origin credentials').click();
      await browser.screenshot('codec-settings');
      await page.getByRole('button', { name: 'Apply' }).click();
      await page.goto(job);
      await inClear.waitFor();
      await browser.screenshot('codec-clear');

      await page.goto(`${service.url}/login`);
      await page.getByText('API_KEY (operator)').waitFor();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByLabel('API key').waitFor();
      await page.goto(job);
      await page.getByText('encryption-key-id').first().waitFor();
      expect(await inClear.count()).toBe(0);
      await browser.screenshot('codec-signed-out');
    });

    it('has a sign-in page that is whole on a phone', async () => {
      for (const colorScheme of ['light', 'dark'] as const) {
        const page = await browser.open({
          viewport: { width: 360, height: 640 },
          isMobile: true,
          colorScheme,
          javaScriptEnabled: false,
        });
        await page.goto(`${service.url}/login`);
        await page.screenshot({
          path: join(stateDir, 'screenshots', `sign-in-phone-${colorScheme}.png`),
          fullPage: true,
        });
        await page.getByLabel('API key').fill(apiKey);
        await page.getByRole('button', { name: 'Sign in' }).click();
        await page.waitForURL(`${service.url}/`);
        const cookies = await page.context().cookies(service.url);
        expect(cookies).toMatchObject([
          { name: 'durable_jobs_session', httpOnly: true, sameSite: 'Strict', secure: false },
        ]);
        await page.close();
      }
    });
  },
);
