import { once } from 'node:events';
import { connect } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import { streamLimits } from '../../packages/durable-jobs/src/http/events/stream.ts';
import { accessOf } from '../../packages/durable-jobs/src/http/openapi/document.ts';
import { resources } from '../../api/openapi/resources.ts';
import { problemJson } from '../../packages/durable-jobs/src/http/problem.ts';
import { LOCAL_API_KEY } from '../../packages/durable-jobs/src/config/config.ts';
import { eventually } from '../support/jobs.ts';
import { makeKey, type MadeKey } from '../support/make-key.ts';
import { sendRaw } from '../support/raw-request.ts';
import { pathOf } from '../support/routes.ts';
import { useService } from '../support/service.ts';

const service = useService({ workers: false });

let jobId = '';
let viewer: MadeKey;
beforeAll(async () => {
  const { body } = await service.request('POST', '/api/jobs', { type: 'refreshStatistics', delay: '1d' });
  ({ jobId } = body as { jobId: string });
  viewer = await makeKey(service.db, 'viewer');
});

const routes = resources
  .flatMap(({ routes: described }) => Object.entries(described))
  .map(([route, docs]) => {
    const [method = '', template = ''] = route.split(' ');
    return { route, method, path: pathOf(template), access: accessOf(route, docs) };
  });

const lines = (...parts: string[]): string => `${parts.join('\r\n')}\r\n`;
const host = 'Host: 127.0.0.1';
const key = `Authorization: Bearer ${LOCAL_API_KEY}`;
const head = (line: string, ...headers: string[]): string =>
  lines(`${line} HTTP/1.1`, host, key, ...headers, '');

/** The status of each response, in the order of arrival. */
const statusesOf = (answers: string): number[] =>
  [...answers.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));

describe('requests that are sent before the answer to an earlier one', () => {
  it('are answered in order, even if one of them cannot be read', async () => {
    const good = head('GET /api/stats');
    const chunked = head('POST /api/jobs', 'Content-Type: application/json', 'Transfer-Encoding: chunked');
    const cases: [string, number[]][] = [
      [good + head('GET /api/nothing') + head('GET /healthz', 'Connection: close'), [200, 404, 200]],
      [`${good}no HTTP\r\n\r\n`, [200, 400]],
      [good + good + head(`GET /api/stats?x=${'x'.repeat(40_000)}`), [200, 200, 431]],
      [`${chunked}zz\r\n`, [400]],
      [`${good}${chunked}zz\r\n`, [200, 400]],
    ];
    for (const [sent, statuses] of cases) {
      expect(statusesOf(await sendRaw(service.url, sent)), sent.slice(0, 200)).toEqual(statuses);
    }
  });

  it('hold no stream once their connection is closed', async () => {
    const { hostname, port } = new URL(service.url);
    const stream = lines(
      `GET /api/jobs/${jobId}/events HTTP/1.1`,
      host,
      `Authorization: Bearer ${viewer.key}`,
      '',
    );
    const open = (): Promise<Response> =>
      fetch(`${service.url}/api/jobs/${jobId}/events`, { headers: viewer.headers });
    // Node stops reading from a connection with many unsent responses: five of them arrive on each.
    const sockets = Array.from({ length: streamLimits.eachKey / 5 }, () => connect(Number(port), hostname));
    await Promise.all(
      sockets.map(async (socket) => {
        socket.write(stream.repeat(5));
        await once(socket, 'data');
      }),
    );
    // Some of the later ones may still be on their way: the streams that are opened here take the remaining slots, and
    // keep them.
    const held: Response[] = [];
    let refused: Response | undefined;
    while (refused === undefined) {
      const answer = await open();
      if (answer.status === 429) refused = answer;
      else held.push(answer);
    }
    for (const socket of sockets) socket.destroy();

    const ofTheSockets = streamLimits.eachKey - held.length;
    expect(ofTheSockets).toBeGreaterThan(sockets.length);
    const released: Response[] = [];
    await eventually(async () => {
      const answer = await open();
      if (answer.status === 200) released.push(answer);
      expect(released).toHaveLength(ofTheSockets);
    });
    for (const { body } of [...held, ...released, refused]) await body?.cancel();
  });
});

describe('streams of events, several times as many as a key may open,', () => {
  it('are opened as far as a key may, refused beyond that, and delay no other request', async () => {
    const greedy = await makeKey(service.db, 'viewer');
    const answers = await Promise.all(
      Array.from({ length: 300 }, () =>
        fetch(`${service.url}/api/jobs/${jobId}/events`, { headers: greedy.headers }),
      ),
    );
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused).toHaveLength(answers.length - streamLimits.eachKey);
    for (const answer of refused) {
      expect(answer.status).toBe(429);
      expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(answer.headers.get('retry-after')).toBe('10');
      expect(problemJson.parse(await answer.json())).toMatchObject({ code: 'too_many_requests' });
    }
    expect((await service.request('GET', '/api/stats')).status).toBe(200);
    for (const { body, bodyUsed } of answers) if (!bodyUsed) await body?.cancel();
  });
});

describe('a request that the HTTP server itself refuses', () => {
  const request = 'GET /api/stats HTTP/1.1';
  const closing = 'Connection: close';
  it.each<[string, string, number]>([
    ['without a Host', lines(request, key, closing, ''), 400],
    ['with two Hosts', lines(request, host, key, host, closing, ''), 400],
    ['that is for a proxy', lines('CONNECT example.com:443 HTTP/1.1', host, ''), 400],
    ['that is for a proxy, by its whole URL', head('GET http://127.0.0.1/api/stats', closing), 400],
    ['for everything', head('OPTIONS *', closing), 400],
    ['of another method', head('FETCH /api/stats', closing), 400],
    ['of a method that no route takes', head('PROPFIND /api/stats', closing), 405],
    ['with a method in lower case', head('get /api/stats', closing), 400],
    ['with a header that goes on in the next line', head('GET /api/stats', 'X-A: b', ' c', closing), 400],
    [
      'with both kinds of length',
      head('POST /api/jobs', 'Content-Length: 2', 'Transfer-Encoding: chunked'),
      400,
    ],
    ['with a body that is encoded twice', head('POST /api/jobs', 'Transfer-Encoding: chunked, gzip'), 400],
    ['of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['with headers that are too large', head('GET /api/stats', `X-A: ${'a'.repeat(20_000)}`), 431],
  ])('%s is answered with problem+json', async (_what, sent, status) => {
    const answer = await sendRaw(service.url, sent);
    expect(statusesOf(answer)).toEqual([status]);
    const [, body = ''] = answer.split('\r\n\r\n');
    expect(problemJson.parse(JSON.parse(body)).status).toBe(status);
  });

  it.each<[string, string[]]>([
    ['an expectation that it does not know', [host, key, 'Expect: the-unexpected']],
    ['thousands of headers, those that count last', [...Array<string>(3_000).fill('a:'), host, key]],
  ])('is none that has %s', async (_what, headers) => {
    expect(statusesOf(await sendRaw(service.url, lines(request, ...headers, closing, '')))).toEqual([200]);
  });
});

describe('a request that stalls', () => {
  /** Short, so that the tests can wait for it. */
  const stalledMs = 1_000;
  const impatient = useService({
    workers: false,
    config: { BODY_TIMEOUT: stalledMs, BULK_UPLOAD_IDLE: stalledMs },
    server: { headersTimeoutMs: stalledMs, checkMs: 50 },
  });

  it('in its headers is answered 408', async () => {
    const answer = await sendRaw(impatient.url, `GET /api/stats HTTP/1.1\r\n${host}\r\n`);
    expect(statusesOf(answer)).toEqual([408]);
  });

  it('in its body ends, with 408 if the body is required', async () => {
    // Event streams close with their job.
    const stalling = routes.filter(({ path }) => !path.endsWith('/events'));
    await Promise.all(
      stalling.map(async ({ route, method, path, access }) => {
        const type = path === '/login' ? 'application/x-www-form-urlencoded' : 'application/json';
        const query = path === '/api/bulk-jobs' && method === 'POST' ? '?task=import-products' : '';
        const begun = head(`${method} ${path}${query}`, `Content-Type: ${type}`, 'Content-Length: 100');
        // Ends when the service closes the connection.
        const answer = await sendRaw(impatient.url, `${begun}[`);
        const [status, ...others] = statusesOf(answer);
        expect(others, route).toEqual([]);
        expect(status, `${route}: ${answer}`).not.toBe(500);
        if (access !== 'public' && method !== 'GET') expect(status, `${route}: ${answer}`).toBe(408);
      }),
    );
  });
});

describe('HEAD', () => {
  it.each(routes.filter(({ method }) => method === 'GET'))(
    'is answered as GET is: $route',
    async ({ path }) => {
      const real = path.replace(/^\/api\/jobs\/[^/]+/, `/api/jobs/${jobId}`);
      const ask = async (method: string) => {
        const answer = await fetch(service.url + real, {
          method,
          headers: { authorization: `Bearer ${LOCAL_API_KEY}` },
          redirect: 'manual',
        });
        const { status, headers } = answer;
        const size = method === 'HEAD' ? (await answer.text()).length : 0;
        await answer.body?.cancel().catch(() => undefined);
        return { status, type: headers.get('content-type'), allow: headers.get('allow'), size };
      };
      expect(await ask('HEAD')).toEqual(await ask('GET'));
      expect(await ask('OPTIONS')).toMatchObject({
        status: 405,
        allow: expect.stringContaining('HEAD') as string,
      });
    },
  );
});
