import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../jobs/run/define-job.ts';
import { createClient, type ClientOptions } from './client.ts';
import { DurableJobsError, JobFailedError } from './errors.ts';

const remind = defineJob({
  type: 'remind',
  input: z.strictObject({ invoiceId: z.string(), note: z.string().default('please') }),
  key: ({ invoiceId }) => invoiceId,
  run: () => Promise.resolve({ sent: 1 }),
});

interface Signatures {
  placeOrder: (input: { orderId: string }) => Promise<{ paid: boolean }>;
}

type Answer = (request: Request) => Response | Promise<Response>;

/** A client whose requests receive these responses in order, and the requests that it sent. */
function clientOf(answers: Answer[], options: Partial<ClientOptions> = {}) {
  const requests: Request[] = [];
  const client = createClient<[typeof remind]>({
    baseUrl: 'https://shop.example/ops/',
    apiKey: 'a-key',
    retry: { firstWaitMs: 1 },
    fetch: async (input, init) => {
      const request = new Request(input, init);
      requests.push(request.clone());
      const answer = answers[requests.length - 1];
      if (!answer) throw new Error('one request too many');
      return answer(request);
    },
    ...options,
  });
  return { client, requests };
}

const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Answer => {
  return () => Response.json(body, { status, headers });
};
const problem = (status: number, code: string, headers: Record<string, string> = {}): Answer =>
  json(
    { code, detail: 'It is not.', requestId: 'r-1', errors: [{ path: 'at', message: 'is past' }] },
    status,
    headers,
  );
const broken: Answer = () => {
  throw new TypeError('fetch failed');
};
const events = (...names: string[]): Answer => {
  const text = names.map((name) => `id: 1\nevent: ${name}\ndata: {}\n\n`).join('');
  return () => new Response(`retry: 2000\n\n${text}`, { headers: { 'content-type': 'text/event-stream' } });
};

describe('a client', () => {
  it('sends its key to the API, wherever that is mounted', async () => {
    const { client, requests } = clientOf([json({ jobId: 'remind:i-1' }, 202)]);
    await client.start(remind.type, { invoiceId: 'i-1' }, { delay: '7d', startAt: new Date(0) });
    const [request] = requests;
    expect(request?.url).toBe('https://shop.example/ops/api/jobs');
    expect(request?.headers.get('authorization')).toBe('Bearer a-key');
    expect(await request?.json()).toEqual({
      type: 'remind',
      input: { invoiceId: 'i-1' },
      delay: '7d',
      startAt: '1970-01-01T00:00:00.000Z',
    });
  });

  it('says what a retry may do', async () => {
    const { client, requests } = clientOf([json({}), json({})]);
    await client.retry('remind:i-1', { scope: 'attempt', reason: 'a test' });
    await client.retry('remind:i-1');
    const bodies = await Promise.all(requests.map((request) => request.json()));
    expect(bodies).toEqual([{ scope: 'attempt', reason: 'a test' }, {}]);
  });

  it('turns a problem into an error', async () => {
    const { client } = clientOf([problem(409, 'job_closed')]);
    const error: unknown = await client.cancel('remind:i-1').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DurableJobsError);
    expect(error).toMatchObject({
      status: 409,
      code: 'job_closed',
      fields: [{ path: 'at', message: 'is past' }],
      requestId: 'r-1',
      message: 'It is not. at: is past',
    });
  });

  it('says what it received if the response does not come from the API', async () => {
    const { client } = clientOf([() => new Response('<h1>Bad gateway</h1>', { status: 502 })]);
    await expect(client.get('remind:i-1')).rejects.toMatchObject({ status: 502, code: 'unexpected_answer' });
  });

  it.each<[string, Answer]>([
    ['a broken connection', broken],
    ['an API that is away', problem(503, 'database_unavailable', { 'retry-after': '0' })],
  ])('repeats after %s what may be repeated, and nothing else', async (_what, away) => {
    const reading = clientOf([away, away, json({ id: 'remind:i-1' })]);
    expect(await reading.client.get('remind:i-1')).toEqual({ id: 'remind:i-1' });

    const keyed = clientOf([away, json({ jobId: 'remind:k' }, 202)]);
    await keyed.client.start('remind', { invoiceId: 'i-1' }, { dedupeKey: 'k' });
    // The header that marks a request as repeatable is not sent, and the body is sent each time.
    for (const request of keyed.requests) {
      expect([...request.headers.keys()].filter((name) => name.startsWith('x-'))).toEqual([]);
      expect(await request.json()).toMatchObject({ dedupeKey: 'k' });
    }
    expect(keyed.requests).toHaveLength(2);

    const unkeyed = clientOf([away]);
    await expect(unkeyed.client.start('remind', { invoiceId: 'i-1' })).rejects.toThrow();
    const acting = clientOf([away]);
    await expect(acting.client.retry('remind:i-1')).rejects.toThrow();
  });

  it('waits as long as Retry-After says', async () => {
    const { client } = clientOf([problem(503, 'engine_unavailable', { 'retry-after': '1' }), json({})]);
    const before = performance.now();
    await client.get('remind:i-1');
    expect(performance.now() - before).toBeGreaterThan(950);
  });

  it('gives up after so many repeats, and once its caller does', async () => {
    const given = clientOf([broken, broken], { retry: { retries: 1, firstWaitMs: 1 } });
    await expect(given.client.get('remind:i-1')).rejects.toThrow('fetch failed');
    const retry = { retries: undefined, firstWaitMs: 1 } as unknown as { retries: number };
    const byDefault = clientOf([broken, broken, broken, broken, broken], { retry });
    await expect(byDefault.client.get('remind:i-1')).rejects.toThrow('fetch failed');
    const stopping = new AbortController();
    const { client } = clientOf([
      () => {
        stopping.abort(new Error('enough'));
        throw new TypeError('fetch failed');
      },
    ]);
    await expect(client.get('remind:i-1', { signal: stopping.signal })).rejects.toThrow('enough');
  });

  it('reads page after page', async () => {
    const { client, requests } = clientOf([
      json({ items: [{ id: 'a' }, { id: 'b' }], nextCursor: 'next' }),
      json({ items: [], nextCursor: 'last' }),
      json({ items: [{ id: 'c' }], nextCursor: null }),
    ]);
    const ids = [];
    for await (const { id } of client.list({ type: 'remind' })) ids.push(id);
    expect(ids).toEqual(['a', 'b', 'c']);
    expect(requests.map(({ url }) => new URL(url).search)).toEqual([
      '?type=remind&limit=100',
      '?type=remind&limit=100&cursor=next',
      '?type=remind&limit=100&cursor=last',
    ]);
  });

  it('waits for the end of a job over streams that break, and returns its result', async () => {
    const done = { id: 'remind:i-1', status: 'completed', result: { sent: 1 } };
    const { client } = clientOf([events('status'), events('status', 'end'), json(done)]);
    expect(await client.result('remind:i-1')).toEqual({ sent: 1 });
  });

  it('throws if a job ended without a result', async () => {
    const failed = { id: 'remind:i-1', status: 'failed', failure: { code: 'CardDeclined', message: 'no' } };
    const { client } = clientOf([
      events('end'),
      json(failed),
      events('end'),
      json({ id: 'x', status: 'cancelled' }),
    ]);
    const error: unknown = await client.result('remind:i-1').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(JobFailedError);
    expect(error).toMatchObject({ code: 'CardDeclined', message: 'no', job: failed });
    await expect(client.result('x')).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('does not wait for a job that does not exist, or longer than it may', async () => {
    const unknown = clientOf([problem(404, 'not_found')]);
    await expect(unknown.client.wait('remind:i-2')).rejects.toMatchObject({ code: 'not_found' });
    const full = clientOf([problem(429, 'too_many_requests', { 'retry-after': '10' })]);
    await expect(full.client.wait('remind:i-1', { timeout: 20 })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
  });

  it('says why, in words of any language', async () => {
    const { client, requests } = clientOf([json({}, 202), json({}, 202)]);
    await client.pause('remind:i-1', { reason: 'müde ☕' });
    await client.reschedule('remind:i-1', new Date(0), { reason: 'später' });
    const reasons = requests.map(({ headers }) =>
      Buffer.from(headers.get('x-reason') ?? '', 'latin1').toString(),
    );
    expect(reasons).toEqual(['müde ☕', 'später']);
    expect(await requests[0]?.json()).toEqual({ reason: 'müde ☕' });
    expect(await requests[1]?.json()).toEqual({ at: '1970-01-01T00:00:00.000Z' });
  });

  it('has the types of the jobs that it is given', () => {
    const options = { baseUrl: 'https://shop.example' };
    const byList = createClient<[typeof remind]>(options);
    const byModule = createClient<{ remind: typeof remind; other: number }>(options);
    const bySignatures = createClient<Signatures>(options);
    type Start<C extends { start: (type: never, input: never) => unknown }> = Parameters<C['start']>;
    expectTypeOf<Start<typeof byList>[0]>().toEqualTypeOf<'remind'>();
    const ofModule = async () => byModule.result(await byModule.start('remind', { invoiceId: 'i-1' }));
    expectTypeOf(ofModule).returns.resolves.toEqualTypeOf<{ sent: number }>();
    expectTypeOf<Start<typeof bySignatures>[0]>().toEqualTypeOf<'placeOrder'>();
    expectTypeOf<Start<typeof byList>[1]>().toEqualTypeOf<{ invoiceId: string; note?: string | undefined }>();
    expectTypeOf<Start<typeof bySignatures>[1]>().toEqualTypeOf<{ orderId: string }>();
    const start = () => byList.start('remind', { invoiceId: 'i-1' });
    const result = async () => byList.result(await start());
    expectTypeOf(result).returns.resolves.toEqualTypeOf<{ sent: number }>();
    const paid = async () => bySignatures.result(await bySignatures.start('placeOrder', { orderId: 'o-1' }));
    expectTypeOf(paid).returns.resolves.toEqualTypeOf<{ paid: boolean }>();
    const any = createClient(options);
    expectTypeOf(any.start<string>).toBeCallableWith('whatever', { it: 'takes' });
  });
});
