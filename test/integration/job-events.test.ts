import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { StreamLimit } from '../../packages/durable-jobs/src/http/events/stream.ts';
import { LOCAL_API_KEY } from '../../packages/durable-jobs/src/config/config.ts';
import { uploadItems } from '../support/bulk.ts';
import { attemptNow, eventually, jobWithStatus } from '../support/jobs.ts';
import { startApi } from '../support/processes.ts';
import { useService } from '../support/service.ts';

interface JobEvent {
  id: string;
  name: string;
  data: {
    status: string;
    why: { code: string; attempt?: number };
    progress: { counts: { done: number; total: number } } | null;
  };
}

/** Follows a job; `events` grows until the stream ends, when `ended` resolves. */
function follow(url: string, jobId: string, lastEventId?: string) {
  const events: JobEvent[] = [];
  const stop = new AbortController();
  const ended = (async () => {
    const response = await fetch(`${url}/api/jobs/${jobId}/events`, {
      signal: stop.signal,
      headers: {
        authorization: `Bearer ${LOCAL_API_KEY}`,
        ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
      },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk as Uint8Array).toString('utf8');
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const fields = Object.fromEntries(
          text
            .slice(0, end)
            .split('\n')
            .map((line): [string, string] => [line.split(': ')[0] ?? '', line.slice(line.indexOf(': ') + 2)]),
        );
        text = text.slice(end + 2);
        if (fields.data === undefined) continue;
        events.push({
          id: fields.id ?? '',
          name: fields.event ?? '',
          data: JSON.parse(fields.data) as JobEvent['data'],
        });
      }
    }
  })();
  return { events, ended, stop: () => stop.abort() };
}

describe("a job's events", () => {
  const service = useService();
  let userId = '';

  beforeAll(async () => {
    const user = { email: `ada-${randomUUID()}@example.com`, name: 'Ada', password: 'correct horse' };
    userId = ((await service.request('POST', '/api/auth/register', user)).body as { id: string }).id;
  });

  const failingOrder = async (): Promise<string> => {
    await service.fault({ kind: 'status', status: 503, times: 1_000 });
    const answer = await service.request('POST', '/api/orders', {
      userId,
      currency: 'EUR',
      items: [{ sku: 'tea', quantity: 1, unitAmount: 450 }],
      paymentMethod: 'pm_card_visa',
    });
    const { jobId } = answer.body as { jobId: string };
    await jobWithStatus(service, jobId, 'retrying');
    return jobId;
  };

  it('report each change, and the end, to all followers', async () => {
    const jobId = await failingOrder();
    const followers = [follow(service.url, jobId), follow(service.url, jobId), follow(service.url, jobId)];
    for (const { events } of followers) {
      await eventually(() =>
        expect(events.at(-1)?.data).toMatchObject({ status: 'retrying', why: { attempt: 1 } }),
      );
    }
    await attemptNow(service, jobId);
    for (const { events } of followers) {
      await eventually(() =>
        expect(events.at(-1)?.data).toMatchObject({ status: 'retrying', why: { attempt: 2 } }),
      );
    }
    await service.clearFaults();
    await attemptNow(service, jobId);
    for (const { events, ended } of followers) {
      await ended;
      expect(events.map(({ name }) => name)).toEqual([
        ...Array<string>(events.length - 1).fill('status'),
        'end',
      ]);
      expect(events.at(-1)?.data).toMatchObject({ status: 'completed', why: { code: 'completed' } });
      expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    }
  });

  it('begin with the state that a page of the job says it shows, so that an open page is not requested again', async () => {
    const jobId = await failingOrder();
    const page = async (): Promise<string | undefined> => {
      const response = await fetch(`${service.url}/api/jobs/${jobId}`, {
        headers: { accept: 'text/html', authorization: `Bearer ${LOCAL_API_KEY}` },
      });
      return /data-shown-event="([^"]+)"/.exec(await response.text())?.[1];
    };
    const shown = await page();
    const { events, stop, ended } = follow(service.url, jobId);
    await eventually(() => expect(events.map(({ id }) => id)).toEqual([shown]));
    await attemptNow(service, jobId);
    await eventually(async () => {
      expect(events.length).toBeGreaterThan(1);
      expect(await page()).toBe(events.at(-1)?.id);
    });
    expect(events.at(-1)?.id).not.toBe(shown);
    stop();
    await ended.catch(() => undefined);
    await service.client.workflow.getHandle(jobId).terminate();
    await service.clearFaults();
  });

  it('continue if a client stopped, and end at once for a job that has ended', async () => {
    const jobId = await failingOrder();
    const first = follow(service.url, jobId);
    await eventually(() => expect(first.events).toHaveLength(1));
    first.stop();
    await first.ended.catch(() => undefined);
    const again = follow(service.url, jobId, first.events[0]?.id);
    await attemptNow(service, jobId);
    await eventually(() => expect(again.events.at(-1)?.data.why).toMatchObject({ attempt: 2 }));
    expect(again.events.map(({ id }) => id)).not.toContain(first.events[0]?.id);
    await service.client.workflow.getHandle(jobId).terminate();
    await again.ended;

    const late = follow(service.url, jobId, again.events.at(-1)?.id);
    await late.ended;
    expect(late.events).toMatchObject([{ name: 'end', data: { status: 'terminated' } }]);
    await service.clearFaults();
  });

  it('have the progress of a bulk job', async () => {
    const items = Array.from({ length: 50 }, (_, n) => ({
      sku: `${randomUUID()}-${n}`,
      name: 'Tea',
      unitAmount: 450,
      currency: 'EUR',
    }));
    const { jobId } = await uploadItems(service.url, 'import-products', items);
    const { events, ended } = follow(service.url, jobId);
    await ended;
    expect(events.at(-1)).toMatchObject({
      name: 'end',
      data: { progress: { counts: { done: 50, total: 50 } } },
    });
  });

  it('end with the process, and a job that is not there has none', async () => {
    const jobId = await failingOrder();
    const api = await startApi(service);
    const { events, ended } = follow(api.url, jobId);
    await eventually(() => expect(events.length).toBeGreaterThan(0));
    expect(await api.stop()).toBe(0);
    await ended;
    expect(events.map(({ name }) => name)).not.toContain('end');
    await service.clearFaults();
    expect(await service.request('GET', '/api/jobs/process-order:none/events')).toMatchObject({
      status: 404,
    });
  });

  it('are streams of which so many may be open, and so many with one key', () => {
    const limit = new StreamLimit({ all: 3, eachKey: 2 });
    const giveBack = limit.take('a');
    limit.take('a');
    expect(() => limit.take('a')).toThrow('2 streams are open with this key');
    limit.take('b');
    expect(() => limit.take('c')).toThrow('3 streams are open');
    giveBack();
    giveBack();
    limit.take('c');
    expect(() => limit.take('c')).toThrow('3 streams are open');
  });
});
