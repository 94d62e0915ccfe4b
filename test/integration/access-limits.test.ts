import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createKeyDirectory } from '../../packages/durable-jobs/src/access/key-directory.ts';
import { LOCAL_API_KEY } from '../../packages/durable-jobs/src/config/config.ts';
import { makeKey } from '../support/make-key.ts';
import { eventually } from '../support/jobs.ts';
import { useService, type Answer, type Service } from '../support/service.ts';

const service = useService({ workers: false });
/** Separate: on a busy machine, a second may pass between the headers of any request and its body. */
const impatient = useService({ workers: false, config: { BODY_TIMEOUT: 1_000 } });
const strict = useService({ workers: false, config: { KEY_FAILURES_PER_MINUTE: 5, SESSION_TTL: 3_000 } });

/** A job that is due much later: its stream of events stays open. */
async function laterJob(target: Service): Promise<string> {
  const { body } = await target.request('POST', '/api/jobs', { type: 'refreshStatistics', delay: '10d' });
  return (body as { jobId: string }).jobId;
}

async function signIn(target: Service, key: string): Promise<string> {
  const response = await fetch(`${target.url}/login`, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ key }),
    headers: { origin: target.url },
  });
  return response.headers.get('set-cookie')?.split(';')[0] ?? '';
}

/** Follows a job, and resolves when its first event has come, with a function that waits for the end of the stream. */
async function follow(target: Service, headers: Record<string, string>): Promise<() => Promise<void>> {
  const response = await fetch(`${target.url}/api/jobs/${await laterJob(target)}/events`, { headers });
  expect(response.status).toBe(200);
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let text = '';
  const read = async (): Promise<boolean> => {
    const { done, value } = await reader.read();
    text += Buffer.from(value ?? []).toString();
    return !done;
  };
  while (!text.includes('event: status')) if (!(await read())) throw new Error(`the stream ended: ${text}`);
  return async () => {
    while (await read());
  };
}

describe('a stream of events', () => {
  it('ends within seconds when its key is revoked', async () => {
    const key = await makeKey(service.db, 'viewer');
    const end = await follow(service, key.headers);
    await service.db.updateTable('apiKeys').set({ revokedAt: new Date() }).where('id', '=', key.id).execute();
    await end();
  });

  // A key or a session that is over before its stream has begun is followed by another.
  it('ends when its key expires', async () => {
    const end = await eventually(async () => {
      const key = await makeKey(service.db, 'viewer', new Date(Date.now() + 3_000));
      return follow(service, key.headers);
    });
    await end();
  });

  it('ends when the session of its browser does', async () => {
    const end = await eventually(async () => follow(strict, { cookie: await signIn(strict, LOCAL_API_KEY) }));
    await end();
  });
});

describe('concurrent attempts get no more tries', () => {
  it('of addresses that are registered', async () => {
    const user = { email: `${randomUUID()}@example.com`, name: 'Ada', password: 'correct horse' };
    expect((await service.request('POST', '/api/auth/register', user)).status).toBe(201);
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => service.request('POST', '/api/auth/register', user)),
    );
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(10);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(30);
  });

  it('of keys', async () => {
    const target = `djk_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        strict.request('GET', '/api/stats', undefined, {
          authorization: `Bearer ${target}_${String(n).padStart(43, 'A')}`,
        }),
      ),
    );
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
  });
});

describe('a cookie that was made up', () => {
  const lockable = useService({ workers: false, config: { KEY_FAILURES_PER_MINUTE: 5 } });
  const withCookie = (cookie: string): Promise<Answer> =>
    lockable.request('GET', '/api/stats', undefined, { authorization: '', cookie });
  const madeUp = (id: string): string =>
    `durable_jobs_session=${id}.${Date.now() + 60_000}.${'A'.repeat(43)}.${'A'.repeat(43)}`;

  it('counts as a wrong key, is deleted, and locks out no signed-in user', async () => {
    const cookie = await signIn(lockable, LOCAL_API_KEY);
    const answers = [];
    for (let n = 0; n < 8; n++) answers.push(await withCookie(madeUp('environment')));
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    expect(answers[0]?.headers.get('set-cookie')).toContain('durable_jobs_session=;');
    expect((await withCookie(cookie)).status).toBe(200);
  });
});

describe('made-up keys', () => {
  it('do not keep the database from keys that are used for the first time', async () => {
    const directory = createKeyDirectory({
      db: service.db,
      logger: pino({ level: 'silent' }),
      apiKey: LOCAL_API_KEY,
    });
    const key = await makeKey(service.db, 'viewer');
    const madeUp = await Promise.allSettled(
      // As many as exceed the limit of a second, even if they take several on a busy machine.
      Array.from({ length: 1_000 }, () =>
        directory.verify(`djk_${randomUUID().replaceAll('-', '').slice(0, 12)}_${'A'.repeat(43)}`),
      ),
    );
    expect(madeUp.filter(({ status }) => status === 'rejected').length).toBeGreaterThanOrEqual(200);
    expect(await directory.verify(key.key)).toMatchObject({ id: key.id });
  });
});

describe('a body that does not come', () => {
  const form = 'Content-Type: application/x-www-form-urlencoded\r\n';
  const json = 'Content-Type: application/json\r\n';
  it.each([
    ['POST', '/login', form, 408],
    ['POST', '/codec/decode', json, 408],
    ['POST', '/codec/encode', json, 408],
    ['POST', '/api/orders', json, 408],
    // A response before the body has arrived does not keep the connection open either.
    ['POST', '/logout', form, 403],
    ['GET', '/healthz', json, 200],
    ['POST', '/api/nothing', json, 404],
  ])('holds no connection: %s %s', async (method, path, type, status) => {
    const { hostname, port } = new URL(impatient.url);
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
    socket.on('error', () => undefined);
    socket.write(
      `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${LOCAL_API_KEY}\r\n${type}Content-Length: 10000\r\n\r\n{`,
    );
    // A byte now and then: Node itself would end a silent connection.
    const drip = setInterval(() => socket.write(' '), 200);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    expect((await impatient.request('GET', '/api/stats')).status).toBe(200);
    await closed;
    clearInterval(drip);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });
});
