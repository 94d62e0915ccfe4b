import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import express from 'express';
import helmet from 'helmet';
import pg from 'pg';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { enqueueGroup, startOf, type DurableJobs } from 'durable-jobs';
import { typescriptFlags } from '../../local/node-flags.mjs';
import { stateDir } from '../../local/paths.ts';
import { LOCAL_API_KEY } from '../../packages/durable-jobs/src/config/config.ts';
import { accessibilityFaults } from '../support/accessibility.ts';
import { useBrowser } from '../support/browser.ts';
import { createTestDatabase } from '../support/database.ts';
import { eventually } from '../support/jobs.ts';
import { listen } from '../support/listen.ts';
import { registerNamespace } from '../support/namespace.ts';
import { decline, greet, smallApplication } from '../support/small-application/jobs.ts';

const browserPath = inject('chromium');
const screenshots = join(stateDir, 'screenshots');

/** Addresses on a page, as text rather than a function, because this project is compiled without the browser's types. */
const leads = `[...document.querySelectorAll('a[href], form[action], [data-action], [data-post], link[href], script[src], img[src]')].map((element) =>
  new URL((element.dataset.action && JSON.parse(element.dataset.action).post) ?? element.dataset.post ?? element.getAttribute('href') ?? element.getAttribute('src') ?? element.getAttribute('action'), document.baseURI).href)`;
/** Searches of one list that are opened: there is one for each type and status. */
const MOST_SEARCHES = 4;

/** All pages, one after another, on a busy machine. */
const MANY_PAGES_MS = 600_000;

/** Addresses of links, without their fragments. */
const links = `[...document.querySelectorAll('a[href]')].map((link) => link.href.split('#')[0])`;

describe.skipIf(browserPath.path === undefined)(
  `the pages of a router mounted under a path ${browserPath.howToGet ?? ''}`,
  () => {
    const browser = useBrowser();
    const closers: (() => unknown)[] = [];
    const declined = randomUUID();
    const declinedId = `decline:${declined}`;
    let jobs: DurableJobs;
    let url = '';
    let webUi = '';
    let page: Page;
    /** The browser's errors, and each request that leaves the router or fails. */
    let complaints: string[];

    const isBelow = (address: string): boolean =>
      address === `${url}/ops` || address.startsWith(`${url}/ops/`) || address.startsWith(`${url}/ops?`);

    beforeAll(async () => {
      const { url: databaseUrl, drop } = await createTestDatabase('template0');
      closers.push(drop);
      const temporalAddress = inject('temporalAddress');
      const { namespace, close } = await registerNamespace(temporalAddress);
      closers.push(close);
      webUi = await listen(
        express().use((_request, response) => void response.send('the Web UI')),
        closers,
      );
      const env = {
        PATH: process.env.PATH,
        NODE_ENV: 'test',
        LOG_LEVEL: 'warn',
        DATABASE_URL: databaseUrl,
        TEMPORAL_ADDRESS: temporalAddress,
        TEMPORAL_NAMESPACE: namespace,
        TEMPORAL_UI_URL: webUi,
        WORKER_HEALTH_PORT: '0',
        // A page that a busy machine serves late is still served.
        ENGINE_TIMEOUT: '20s',
      };
      jobs = smallApplication({ env });
      await jobs.migrate();
      const pool = new pg.Pool({ connectionString: databaseUrl });
      closers.push(() => pool.end());
      await pool.query('CREATE TABLE greetings (effect_key text PRIMARY KEY, text text NOT NULL)');
      const path = fileURLToPath(new URL('../support/small-application/worker.ts', import.meta.url));
      const worker = spawn(process.execPath, [...typescriptFlags, path], {
        env,
        // It ends with this process.
        stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      });
      closers.push(() => worker.kill('SIGKILL'));

      const app = express();
      app.use(helmet());
      app.get('/', (_request, response) => {
        response.send('the shop');
      });
      app.use('/ops', jobs.router());
      url = await listen(app, closers);
      closers.push(() => jobs.close());

      await jobs.start(decline, { id: declined });
      await enqueueGroup(
        pool,
        ['Ada', 'Grace'].map((name) => startOf(greet, { name })),
        { groupId: 'greetings', onCompletion: { job: greet, input: { name: 'all' } } },
      );
      await expect(jobs.result(declinedId, { timeout: '150s' })).rejects.toThrow('The card was declined.');
      await jobs.result({ job: greet, key: 'all' }, { timeout: '60s' });
    });
    afterAll(async () => {
      for (const close of closers.reverse()) await close();
    });

    /** A separate browser window without a session. */
    beforeEach(async () => {
      page = await browser.open({ viewport: { width: 1280, height: 900 } });
      complaints = [];
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning')
          complaints.push(`${message.text()} ${message.location().url}`);
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('request', (request) => {
        const elsewhere = !isBelow(request.url()) && !request.url().startsWith(webUi);
        if (elsewhere && !request.url().startsWith('data:')) complaints.push(`requests ${request.url()}`);
      });
      page.on('response', (response) => {
        if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
      });
      return () => page.close();
    });

    /** Opens a page as a person who is not signed in. */
    async function signIn(path: string): Promise<void> {
      await page.goto(url + path);
      expect(new URL(page.url()).pathname).toBe('/ops/login');
      await page.getByLabel('API key').fill(LOCAL_API_KEY);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.waitForURL(url + path);
    }
    const shoot = (name: string): Promise<unknown> =>
      page.screenshot({ path: join(screenshots, `mounted-${name}.png`), fullPage: true });

    it('lead to the sign-in and back to the page, and out again', async () => {
      await page.goto(`${url}/ops`);
      await shoot('sign-in');
      await signIn('/ops/api/groups?limit=10');
      await page.getByRole('link', { name: 'greetings' }).waitFor();
      const [cookie] = await page.context().cookies(`${url}/ops/`);
      expect(cookie).toMatchObject({ path: '/ops', httpOnly: true });
      expect(await page.context().cookies(`${url}/`)).toEqual([]);
      await page.goto(`${url}/ops/`);
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByLabel('API key').waitFor();
      expect(isBelow(page.url())).toBe(true);
      expect(complaints).toEqual([]);
    });

    it(
      'lead nowhere but below it, and each address responds',
      async () => {
        await signIn('/ops/');
        const opened = new Set<string>();
        const visits = new Map<string, number>();
        const waiting = [`${url}/ops/`];
        for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
          const [path = ''] = next.split('?');
          const times = visits.get(path) ?? 0;
          if (opened.has(next) || times >= MOST_SEARCHES) continue;
          opened.add(next);
          visits.set(path, times + 1);
          const response = await page.request.get(next, { headers: { accept: 'text/html' } });
          expect([next, response.status()]).toEqual([next, 200]);
          // For a document that cannot name an icon, such as JSON, browsers request one at the root.
          if (!response.headers()['content-type']?.startsWith('text/html')) continue;
          await page.goto(next, { waitUntil: 'load' });
          const own = (await page.evaluate<string[]>(leads)).filter((address) => address.startsWith(url));
          expect(
            own.filter((address) => !isBelow(address)),
            next,
          ).toEqual([]);
          waiting.push(...(await page.evaluate<string[]>(links)).filter(isBelow));
        }
        const paths = [...opened].map((address) => address.slice(url.length));
        expect(paths).toEqual(
          expect.arrayContaining([
            '/ops/docs',
            '/ops/api/groups',
            '/ops/api/groups/greetings',
            `/ops/api/jobs/${declinedId}`,
            `/ops/api/jobs/${declinedId}/timeline`,
          ]),
        );
        expect(complaints).toEqual([]);
      },
      MANY_PAGES_MS,
    );

    it('look as they do at the root: console, timeline and groups', async () => {
      await signIn('/ops/');
      await eventually(async () => {
        await page.reload();
        expect(await page.locator('main').textContent()).toContain(declinedId);
      });
      await shoot('console');
      await page.getByRole('link', { name: declinedId }).first().click();
      await page.locator('svg.chart').waitFor();
      await shoot('timeline');
      await page.goto(`${url}/ops/api/groups/greetings`);
      await page.getByText('greet:Grace').first().waitFor();
      await shoot('group');
      await page.getByText('not started', { exact: true }).waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
      const width = page.viewportSize()?.width ?? 0;
      await page.setViewportSize({ width: 390, height: 844 });
      await shoot('group-phone');
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(390);
      expect(await accessibilityFaults(page)).toEqual([]);
      await page.setViewportSize({ width, height: 900 });
      const font = await page.evaluate<string>('getComputedStyle(document.body).fontFamily');
      expect(font).not.toMatch(/^"?Times/);
      expect(complaints).toEqual([]);
    });

    it('act on a job at a click', async () => {
      await signIn('/ops/');
      const retry = page.getByRole('button', { name: `Retry ${declinedId}` });
      await retry.waitFor();
      await retry.click();
      const [request] = await Promise.all([
        page.waitForRequest((sent) => sent.method() === 'POST'),
        page.getByRole('dialog').getByRole('button', { name: 'Retry' }).click(),
      ]);
      expect(request.url()).toBe(`${url}/ops/api/jobs/${declinedId}/retry`);
      expect(request.postDataJSON()).toEqual({ scope: 'run' });
      await page.locator('#notice', { hasText: `Retry ${declinedId}:` }).waitFor();
      expect(complaints).toEqual([]);
    });

    it('try a route of the API out', async () => {
      await signIn('/ops/');
      await page.goto(`${url}/ops/docs`, { waitUntil: 'networkidle' });
      await page.getByRole('heading', { name: 'Durable Jobs' }).waitFor();
      await shoot('docs');
      await page.locator('.opblock-summary', { hasText: '/api/groups' }).first().click();
      const [request] = await Promise.all([
        page.waitForRequest((sent) => sent.url().includes('/api/groups')),
        page.getByRole('button', { name: 'Execute' }).click(),
      ]);
      expect(new URL(request.url()).pathname).toBe('/ops/api/groups');
      await page.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor();
      await shoot('docs-tried');
      expect(await page.locator('.live-responses-table').textContent()).toContain('greetings');
      expect(complaints).toEqual([]);
    });
  },
);
