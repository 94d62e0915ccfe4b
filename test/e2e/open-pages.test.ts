import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { actionButton } from '../../packages/durable-jobs/src/html/action-button.ts';
import { section, unavailable } from '../../packages/durable-jobs/src/html/elements.ts';
import { framePage, type PageContent } from '../../packages/durable-jobs/src/html/frame.ts';
import { markup, type Markup } from '../../packages/durable-jobs/src/html/markup.ts';
import { searchForm } from '../../packages/durable-jobs/src/html/search-form.ts';
import { useBrowser } from '../support/browser.ts';
import { eventually, PATIENCE_MS } from '../support/jobs.ts';

const browserPath = inject('chromium');
const scripts = new URL('../../packages/durable-jobs/src/html/browser/', import.meta.url);

/** Seconds: no page is refreshed unless a test moves its clock. */
const REFRESH_SECONDS = 600;

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** An API with a single page, whose responses a test determines. */
interface OnePage {
  url: string;
  /** What `/page` responds with. */
  handle: Handler;
  /** Requests for `/page` that have arrived. */
  requests: number;
  /** Open streams of events. */
  streams: Set<ServerResponse>;
  /** The state that a new stream reports first; a stream is refused if there is none. */
  state: string | undefined;
  /** Requests for a stream. */
  streamRequests: number;
  /** Requests that change something. */
  change: Handler;
}

function show(response: ServerResponse, content: Markup, more: Partial<PageContent> = {}): void {
  const frame = {
    navigation: [],
    uiUrl: '',
    viewer: { name: 'Ada', role: 'operator' as const },
    path: '/page',
  };
  response
    .setHeader('Content-Type', 'text/html')
    .end(framePage(frame, { title: 'Tea', refreshSeconds: REFRESH_SECONDS, content, ...more }));
}

const state = (text: string): Markup => section('state', 'State', markup`<p>${text}</p>`);

const event = (id: string): string => `id: ${id}\nevent: status\ndata: {}\n\n`;

/** Runs in the page before its own scripts. It is text, because this project is compiled without the browser's types. */
const countEvents = `window.eventsRead = 0;
const Native = window.EventSource;
window.EventSource = class extends Native {
  constructor(url) {
    super(url);
    this.addEventListener('status', () => window.eventsRead++);
  }
};`;

describe.skipIf(browserPath.path === undefined)(`open pages ${browserPath.howToGet ?? ''}`, () => {
  const browser = useBrowser();
  let server: Server;
  let api: OnePage;
  let page: Page;
  /** Requests for `/page` that the browser has sent. */
  let sent: number;

  beforeEach(async () => {
    const refuse: Handler = (_request, response) => void response.writeHead(500).end();
    api = {
      url: '',
      handle: refuse,
      requests: 0,
      streams: new Set(),
      state: 'first',
      streamRequests: 0,
      change: refuse,
    };
    server = createServer((request, response) => {
      const path = request.url ?? '';
      if (path.startsWith('/console/')) {
        const script = readFileSync(new URL(path.slice('/console/'.length), scripts));
        response.setHeader('Content-Type', 'text/javascript').end(script);
      } else if (path === '/events') {
        api.streamRequests++;
        if (api.state === undefined) {
          response.writeHead(429).end();
          return;
        }
        response.writeHead(200, { 'Content-Type': 'text/event-stream' });
        response.write(event(api.state));
        api.streams.add(response);
        response.on('close', () => api.streams.delete(response));
      } else if (request.method !== 'GET') api.change(request, response);
      else if (path === '/page') {
        api.requests++;
        api.handle(request, response);
      } else response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>Sign in</title>');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    api.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    page = await browser.open({ viewport: { width: 1280, height: 900 } });
    await page.clock.install();
    await page.addInitScript(countEvents);
    sent = 0;
    page.on('request', (request) => (sent += request.url().endsWith('/page') ? 1 : 0));
  });
  afterEach(async () => {
    await page.close();
    server.closeAllConnections();
    server.close();
  });

  /** Pretends that the reader has turned to another tab, or back. */
  const hide = (hidden: boolean) =>
    page.evaluate(`Object.defineProperty(document, 'hidden', { value: ${hidden}, configurable: true });
document.dispatchEvent(new Event('visibilitychange'));`);

  let newsSent = 0;
  const news = () => {
    newsSent++;
    for (const stream of api.streams) stream.write(event(`news ${newsSent}`));
  };

  /** Waits until the page has read this many events. */
  const untilRead = (events: number) =>
    eventually(async () => expect(await page.evaluate('window.eventsRead')).toBe(events));

  const events = { events: '/events', shownEvent: 'first' };

  it('follow their events only while they are visible', async () => {
    api.handle = (_request, response) => show(response, state(`version ${api.requests}`), events);
    await page.goto(`${api.url}/page`);
    await eventually(() => expect(api.streams.size).toBe(1));
    await hide(true);
    await eventually(() => expect(api.streams.size).toBe(0));
    expect(api.requests).toBe(1);
    await hide(false);
    await page.getByText('version 2').waitFor();
    await eventually(() => expect(api.streams.size).toBe(1));
  });

  it('miss no change between the response and the stream', async () => {
    api.state = 'second';
    api.handle = (_request, response) =>
      show(response, state(`version ${api.requests}`), {
        ...events,
        shownEvent: api.requests === 1 ? 'first' : 'second',
      });
    await page.goto(`${api.url}/page`);
    await page.getByText('version 2').waitFor();
    await untilRead(1);
    // The same state again, as after a lost connection.
    for (const stream of api.streams) stream.write(event('second'));
    await untilRead(2);
    expect(sent).toBe(2);
  });

  it('give back the place of a stream that is refused, and follow a stream later', async () => {
    api.state = undefined;
    api.handle = (_request, response) => show(response, state(`version ${api.requests}`), events);
    await page.goto(`${api.url}/page`);
    const held = 'navigator.locks.query().then(({ held }) => held.length)';
    await eventually(() => expect(api.streamRequests).toBe(1));
    await eventually(async () => expect(await page.evaluate(held)).toBe(0));
    await page.clock.runFor(3_000);
    await page.getByText('version 2').waitFor();
    expect(api.streamRequests).toBe(1);
    api.state = 'first';
    await page.clock.runFor(30_000);
    await eventually(() => expect(api.streams.size).toBe(1));
    expect(api.streamRequests).toBe(2);
  });

  it('keep details open that the reader has opened, also if there are others before them', async () => {
    const details = (id: string) =>
      markup`<details><summary id="${id}">more</summary>what ${id} hides</details>`;
    const versions = [details('a'), markup`${details('b')}${details('a')}`];
    api.handle = (_request, response) =>
      show(response, section('list', 'List', versions[api.requests - 1] ?? markup``), events);
    await page.goto(`${api.url}/page`);
    await eventually(() => expect(api.streams.size).toBe(1));
    await page.locator('#a').click();
    news();
    await page.locator('#b').waitFor();
    const opened = '[...document.querySelectorAll("details")].map(({ open }) => open)';
    expect(await page.evaluate(opened)).toEqual([false, true]);
    expect(await page.evaluate('document.activeElement.id')).toBe('a');
  });

  it('keep the content of a section whose data is unavailable, with the focus in it, and say how old it is', async () => {
    const list = (content: Markup, version: string): Markup =>
      markup`${state(version)}${section('list', 'List', content)}`;
    const button = (id: string): Markup =>
      markup`${actionButton({ label: 'Pause', of: id, post: '/pause', question: 'Pause it?' })}`;
    const away = unavailable('The job engine is not responding.');
    let content = list(markup`${button('a')}${button('b')}`, 'version 1');
    api.handle = (_request, response) => show(response, content, events);
    await page.goto(`${api.url}/page`);
    await eventually(() => expect(api.streams.size).toBe(1));
    await page.getByRole('button', { name: 'Pause b' }).focus();
    const focused = () => page.evaluate(`document.activeElement.getAttribute('aria-label')`);

    content = list(away, 'version 2');
    news();
    await page.getByText('version 2').waitFor();
    const notice = page.locator('#list .notice');
    expect(await notice.textContent()).toMatch(
      /^The job engine is not responding\. What you see is from \d\d:\d\d:\d\d\.$/,
    );
    expect(await focused()).toBe('Pause b');
    content = list(markup`${button('b')}`, 'version 3');
    news();
    await page.getByText('version 3').waitFor();
    await page.getByRole('button', { name: 'Pause a' }).waitFor({ state: 'detached' });
    expect(await notice.count()).toBe(0);
    expect(await focused()).toBe('Pause b');
  });

  it('show a section whose data was unavailable when they were opened', async () => {
    let content = unavailable('The job engine is not responding.');
    api.handle = (_request, response) => show(response, section('list', 'List', content), events);
    await page.goto(`${api.url}/page`);
    await eventually(() => expect(api.streams.size).toBe(1));
    expect(await page.locator('#list p').textContent()).toBe(
      'The job engine is not responding. This section cannot be shown.',
    );
    content = markup`<p>two jobs</p>`;
    news();
    await page.getByText('two jobs').waitFor();
    expect(await page.locator('#list p').count()).toBe(1);
  });

  it('leave connections free when eight of them are open, and all show the news', async () => {
    let version = 1;
    api.handle = (_request, response) => show(response, state(`version ${version}`), events);
    const tabs = await browser.page.context().browser()?.newContext();
    if (!tabs) throw new Error('the browser has ended');
    await tabs.clock.install();
    const pages = await Promise.all(Array.from({ length: 8 }, () => tabs.newPage()));
    // Without a free connection, a page would never load.
    for (const each of pages) await each.goto(`${api.url}/page`, { timeout: PATIENCE_MS });
    await eventually(() => expect(api.streams.size).toBe(2));
    const first = [...api.streams];
    version = 2;
    news();
    await tabs.clock.runFor(3_000);
    for (const each of pages) await each.getByText('version 2').waitFor({ timeout: PATIENCE_MS });
    // The place of a page that is closed goes to another one.
    await pages[0]?.close();
    await pages[1]?.close();
    await eventually(() => expect(first.filter((stream) => api.streams.has(stream))).toEqual([]));
    await tabs.clock.runFor(3_000);
    await eventually(() => expect(api.streams.size).toBe(2));
    await tabs.close();
  });

  it('leave a part alone in which the reader has selected text, and refresh it at the next news', async () => {
    let version = 1;
    const parts = (text: string): Markup =>
      markup`${state(text)}${section('other', 'Other', markup`<p>other ${text}</p>`)}`;
    api.handle = (_request, response) => show(response, parts(`version ${version}`), events);
    await page.goto(`${api.url}/page`);
    await eventually(() => expect(api.streams.size).toBe(1));
    await page.getByText('version 1', { exact: true }).selectText();
    version = 2;
    news();
    await page.getByText('other version 2').waitFor();
    expect(await page.getByText('version 1', { exact: true }).count()).toBe(1);
    await page.evaluate('document.getSelection().removeAllRanges()');
    news();
    await page.getByText('version 2', { exact: true }).waitFor();
  });

  it('are refreshed once at a time, so that no older response replaces a newer one', async () => {
    const held: (() => void)[] = [];
    api.handle = (_request, response) => {
      const version = api.requests;
      const send = () => show(response, state(`version ${version}`), events);
      if (version === 2) held.push(send);
      else send();
    };
    await page.goto(`${api.url}/page`);
    await eventually(() => expect(api.streams.size).toBe(1));
    news();
    await eventually(() => expect(held).toHaveLength(1));
    news();
    await untilRead(3);
    expect(sent).toBe(2);
    held[0]?.();
    await page.getByText('version 3').waitFor();
    expect(api.requests).toBe(3);
  });

  it('stop when the reader is signed out, and continue when the reader is back', async () => {
    api.handle = (_request, response) => show(response, state('version 1'), events);
    await page.goto(`${api.url}/page`);
    await eventually(() => expect(api.streams.size).toBe(1));
    api.handle = (_request, response) => void response.writeHead(302, { Location: '/login' }).end();
    await page.clock.runFor(REFRESH_SECONDS * 1_000);
    await page.locator('#notice', { hasText: 'You are signed out' }).waitFor();
    await eventually(() => expect(api.streams.size).toBe(0));
    await page.clock.runFor(REFRESH_SECONDS * 3_000);
    expect(sent).toBe(2);
    api.handle = (_request, response) => show(response, state('version 2'), events);
    await hide(true);
    await hide(false);
    await page.getByText('version 2').waitFor();
    await page.locator('#notice').waitFor({ state: 'hidden' });
    await eventually(() => expect(api.streams.size).toBe(1));
  });

  it('request less often while the API responds with errors', async () => {
    const seconds = 60;
    const often = { refreshSeconds: seconds };
    api.handle = (_request, response) => show(response, state('version 1'), often);
    await page.goto(`${api.url}/page`);
    api.handle = (_request, response) => void response.writeHead(503).end();
    await page.clock.runFor(seconds * 1_000);
    await page.locator('#notice', { hasText: 'The API responded with an error (503).' }).waitFor();
    await page.clock.runFor(seconds * 1_000);
    expect(sent).toBe(2);
    api.handle = (_request, response) => show(response, state('version 2'), often);
    await page.clock.runFor(seconds * 1_000);
    await page.getByText('version 2').waitFor();
    await page.clock.runFor(seconds * 1_000);
    await eventually(() => expect(api.requests).toBe(4));
  });

  it('keep what the reader is filling in while parts come and go', async () => {
    const form = searchForm('/page', [{ name: 'kind', label: 'Kind' }], {});
    const parts = [
      markup`${form}${state('version 1')}`,
      markup`${section('backlogs', 'Backlogs', markup`one`)}${form}${state('version 2')}`,
      markup`${form}${section('errors', 'Errors', markup`two`)}`,
    ];
    api.handle = (_request, response) => show(response, parts[api.requests - 1] ?? markup``, events);
    await page.goto(`${api.url}/page`);
    await eventually(() => expect(api.streams.size).toBe(1));
    await page.getByLabel('Kind').pressSequentially('half');
    news();
    await page.getByText('version 2').waitFor();
    await page.getByRole('heading', { name: 'Backlogs' }).waitFor();
    await page.keyboard.type('-chosen');
    news();
    await page.getByRole('heading', { name: 'Errors' }).waitFor();
    expect(await page.getByLabel('Kind').inputValue()).toBe('half-chosen');
    const ids = `[...document.querySelectorAll('main > *')].map((element) => element.id || element.localName)`;
    expect(await page.evaluate(ids)).toEqual(['header', 'form', 'errors']);
  });

  it('say that an action may have been carried out if no response comes', async () => {
    const button = actionButton({ label: 'Pause', of: 'tea', post: '/pause', question: 'Pause it?' });
    api.handle = (_request, response) => show(response, section('state', 'State', button));
    api.change = (request) => void request.socket.destroy();
    await page.goto(`${api.url}/page`);
    await page.getByRole('button', { name: 'Pause tea' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Pause' }).click();
    await dialog
      .getByRole('alert')
      .filter({ hasText: 'No response came. The request may have been carried out.' })
      .waitFor();
    api.change = (_request, response) => void response.writeHead(504).end('<h1>Gateway timeout</h1>');
    await dialog.getByRole('button', { name: 'Pause' }).click();
    await dialog
      .getByRole('alert')
      .filter({ hasText: 'The response (504) could not be read. The request may have been carried out.' })
      .waitFor();
  });
});
