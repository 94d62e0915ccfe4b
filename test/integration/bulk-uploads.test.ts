import { once } from 'node:events';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { MockActivityEnvironment } from '@temporalio/testing';
import { sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import { createCleanUpActivities } from '../../activities/clean-up.ts';
import { LOCAL_API_KEY } from '../../packages/durable-jobs/src/config/config.ts';
import { readBacklogs } from '../../packages/durable-jobs/src/metrics/backlogs.ts';
import { revokeApiKey } from '../../packages/durable-jobs/src/access/api-keys.ts';
import { eventually } from '../support/jobs.ts';
import { makeKey } from '../support/make-key.ts';
import { startApi, type ServiceProcess } from '../support/processes.ts';
import { request, useService, type Service } from '../support/service.ts';

const local = { authorization: `Bearer ${LOCAL_API_KEY}` };

/** Leases are renewed every ten seconds, and a revoked key may be accepted for five more. */
const CHECKED_MS = 40_000;

const lines = (count: number, change: object = {}): string =>
  Array.from({ length: count }, (_, index) =>
    JSON.stringify({ sku: `sku-${index}`, name: 'Tea', unitAmount: 100, currency: 'EUR', ...change }),
  ).join('\n') + '\n';

/** An upload whose client sends some items, and then nothing until the test continues. */
interface OpenUpload {
  sending: ClientRequest;
  answer: Promise<{ status: number; body: { id: string; total: number; code?: string } }>;
}

const open: ClientRequest[] = [];
const processes: ServiceProcess[] = [];
afterEach(async () => {
  for (const sending of open.splice(0)) sending.destroy();
  await Promise.all(processes.splice(0).map((running) => running.stop()));
});

function beginUpload(url: string, items: string, headers: Record<string, string> = local): OpenUpload {
  const sending = httpRequest(`${url}/api/bulk-jobs?task=import-products`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/x-ndjson' },
  });
  open.push(sending);
  const answer = once(sending, 'response').then(async ([response]) => {
    const { statusCode } = response as IncomingMessage;
    return { status: statusCode ?? 0, body: JSON.parse(await text(response as IncomingMessage)) as never };
  });
  answer.catch(() => undefined);
  sending.on('error', () => undefined);
  sending.write(items);
  return { sending, answer };
}

const storedItems = async ({ db }: Service): Promise<number> => {
  const { count } = await db
    .selectFrom('bulkItems')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
};
const untilStored = (service: Service, items: number): Promise<void> =>
  eventually(async () => expect(await storedItems(service)).toBe(items));

/** Rows of everything that an upload writes. */
const rows = async ({ db }: Service): Promise<Record<string, number>> => {
  const tables = ['bulkUploads', 'bulkItems', 'bulkJobs', 'outbox'] as const;
  const counts = await Promise.all(
    tables.map((table) =>
      db
        .selectFrom(table)
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow(),
    ),
  );
  return Object.fromEntries(tables.map((table, index) => [table, counts[index]?.count ?? 0]));
};

/** Other sessions that have an open transaction, or prevent vacuum from removing rows. */
const openTransactions = async ({ db }: Service): Promise<unknown[]> => {
  const { rows: sessions } = await sql`
    SELECT state, query FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
      AND (backend_xid IS NOT NULL OR backend_xmin IS NOT NULL OR state LIKE 'idle in transaction%')`.execute(
    db,
  );
  return sessions;
};

/** The clean-up, as a worker runs it. */
const cleanUp = ({ db }: Service) => {
  const kept = 86_400_000;
  const retentions = {
    PASSWORD_RESET_RETENTION: kept,
    OUTBOX_RETENTION: kept,
    FAILED_ATTEMPTS_RETENTION: kept,
    AUDIT_RETENTION: kept,
    BULK_RETENTION: kept,
    WORK_ITEM_RETENTION: kept,
    MESSAGE_RETENTION: kept,
  };
  const activities = createCleanUpActivities({ db, retentions }, 1_000);
  return new MockActivityEnvironment().run(() => activities.deleteExpiredRows());
};

/** Lets the leases of all uploads expire, as a minute without renewal does. */
const lapseLeases = ({ db }: Service): Promise<unknown> =>
  db
    .updateTable('bulkUploads')
    .set({ leaseExpiresAt: sql<Date>`now() - interval '1 second'` })
    .execute();

describe('an upload that is in progress', () => {
  const service = useService({ workers: false });

  it('holds no transaction open while its client is silent, and is accepted as a whole', async () => {
    const upload = beginUpload(service.url, lines(2_500));
    await untilStored(service, 2_000);
    await eventually(async () => expect(await openTransactions(service)).toEqual([]));
    expect(await rows(service)).toMatchObject({ bulkUploads: 1, bulkJobs: 0, outbox: 0 });

    upload.sending.end(lines(1_700));
    const { status, body } = await upload.answer;
    expect({ status, body }).toMatchObject({ status: 202, body: { total: 4_200 } });
    expect(await rows(service)).toEqual({ bulkUploads: 0, bulkItems: 4_200, bulkJobs: 1, outbox: 1 });
    const { rows: positions } = await sql`
      SELECT min(position) AS first, max(position) AS last, count(DISTINCT position)::integer AS positions
      FROM bulk_items WHERE bulk_job_id = ${body.id}`.execute(service.db);
    expect(positions).toEqual([{ first: 0, last: 4_199, positions: 4_200 }]);
  });

  it('is in no list, page, view or metric, and cannot be acted on', async () => {
    const seen = async (): Promise<unknown[]> => {
      const list = await service.request('GET', '/api/bulk-jobs');
      const jobs = await service.request('GET', '/api/jobs?type=processBulk');
      const { items: runs } = jobs.body as { items: { id: string }[] };
      const home = await fetch(service.url, { headers: { ...local, accept: 'text/html' } });
      const bulkPart = /<section[^>]*id="bulk-jobs".*?<\/section>/s.exec(await home.text())?.[0];
      const backlogs = await readBacklogs(service.db, []);
      const items = backlogs.find(({ queue }) => queue === 'bulk-items')?.items;
      return [list.body, runs.map(({ id }) => id), bulkPart, items];
    };
    // The engine's list has the job of the upload that was accepted a moment later.
    const { bulkJobs } = await rows(service);
    const before = await eventually(async () => {
      const now = await seen();
      expect(now[1]).toHaveLength(bulkJobs ?? 0);
      expect(now[2]).not.toContain('not responding');
      return now;
    });
    expect(before[2]).toBeDefined();
    const stored = await storedItems(service);
    beginUpload(service.url, lines(3_500));
    await untilStored(service, stored + 3_000);
    // A part of the page says so if it takes long on a busy machine.
    await eventually(async () => expect(await seen()).toEqual(before));

    const { id } = await service.db.selectFrom('bulkUploads').select('id').executeTakeFirstOrThrow();
    for (const [method, path] of [
      ['GET', `/api/bulk-jobs/${id}`],
      ['GET', `/api/bulk-jobs/${id}/events`],
      ['GET', `/api/jobs/process-bulk:${id}`],
      ['GET', `/api/jobs/process-bulk:${id}/timeline`],
      ['GET', `/api/jobs/process-bulk:${id}/why`],
      ['POST', `/api/bulk-jobs/${id}/pause`],
      ['POST', `/api/bulk-jobs/${id}/resume`],
      ['POST', `/api/bulk-jobs/${id}/cancel`],
      ['POST', `/api/bulk-jobs/${id}/retry-failed`],
      ['POST', `/api/jobs/process-bulk:${id}/cancel`],
    ] as const) {
      expect((await service.request(method, path)).status, `${method} ${path}`).toBe(404);
    }
  });
});

describe('an upload that is refused', () => {
  const service = useService({ workers: false, config: { BULK_MAX_ITEMS: 5_000 } });
  /** Separate: on a busy machine, an upload that goes on may be idle for as long. */
  const impatient = useService({ workers: false, config: { BULK_UPLOAD_IDLE: 2_000 } });
  const nothing = { bulkUploads: 0, bulkItems: 0, bulkJobs: 0, outbox: 0 };

  it('for a line after others were stored has nothing left when the answer comes', async () => {
    const upload = beginUpload(service.url, lines(3_500));
    await untilStored(service, 3_000);
    upload.sending.end(lines(1, { currency: 'euros' }));
    expect(await upload.answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    expect(await rows(service)).toEqual(nothing);
  });

  it('because of its size, or because it stalls', async () => {
    const large = beginUpload(service.url, lines(6_000));
    expect(await large.answer).toMatchObject({ status: 413 });
    expect(await rows(service)).toEqual(nothing);
    const silent = beginUpload(impatient.url, lines(3_500));
    expect(await silent.answer).toMatchObject({ status: 408 });
    expect(await rows(impatient)).toEqual(nothing);
  });

  it('that its client has abandoned is deleted at once', async () => {
    const upload = beginUpload(service.url, lines(3_500));
    await untilStored(service, 3_000);
    upload.sending.destroy();
    await eventually(async () => expect(await rows(service)).toEqual(nothing));
  });
});

describe('an upload whose key is revoked', () => {
  const service = useService({ workers: false });
  const nothing = { bulkUploads: 0, bulkItems: 0, bulkJobs: 0, outbox: 0 };

  const uploadAndRevoke = async (): Promise<OpenUpload> => {
    const { id, headers } = await makeKey(service.db, 'operator');
    const upload = beginUpload(service.url, lines(2_500), headers);
    await untilStored(service, 2_000);
    await revokeApiKey(service.db, id);
    await eventually(async () => {
      expect((await request(service.url, 'GET', '/api/jobs', undefined, headers)).status).toBe(401);
    }, CHECKED_MS);
    return upload;
  };

  it('is not accepted', async () => {
    const upload = await uploadAndRevoke();
    upload.sending.end(lines(10));
    expect(await upload.answer).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    expect(await rows(service)).toEqual(nothing);
  });

  it('is ended before it is there', async () => {
    const upload = await uploadAndRevoke();
    expect(await upload.answer).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    expect(await rows(service)).toEqual(nothing);
  });
});

describe('an API', () => {
  // The upload that is in progress waits for the others of a test.
  const service = useService({ workers: false, config: { BULK_UPLOAD_IDLE: 600_000 } });

  it('that is killed leaves an upload to the clean-up, which keeps one that still comes in', async () => {
    const live = beginUpload(service.url, lines(2_500));
    await untilStored(service, 2_000);
    const api = await startApi(service);
    const lost = beginUpload(api.url, lines(3_500));
    await untilStored(service, 5_000);
    await api.kill();
    await expect(lost.answer).rejects.toThrow();

    // Neither has expired.
    expect(await cleanUp(service)).toMatchObject({ uploadedItems: 0, uploads: 0 });
    expect(await rows(service)).toMatchObject({ bulkUploads: 2, bulkItems: 5_000 });

    await lapseLeases(service);
    await eventually(async () => {
      const alive = await service.db
        .selectFrom('bulkUploads')
        .select('received')
        .where('leaseExpiresAt', '>', sql<Date>`now()`)
        .execute();
      expect(alive).toEqual([{ received: 2_000 }]);
    }, CHECKED_MS);
    expect(await cleanUp(service)).toMatchObject({ uploadedItems: 3_000, uploads: 1 });
    expect(await rows(service)).toEqual({ bulkUploads: 1, bulkItems: 2_000, bulkJobs: 0, outbox: 0 });

    live.sending.end();
    expect(await live.answer).toMatchObject({ status: 202, body: { total: 2_500 } });
    expect(await rows(service)).toMatchObject({ bulkUploads: 0, bulkItems: 2_500, bulkJobs: 1 });
  });

  it('that is stopped deletes what is not there yet before it exits', async () => {
    const before = await rows(service);
    const api = await startApi(service, { API_SHUTDOWN_GRACE: '500ms' });
    processes.push(api);
    const upload = beginUpload(api.url, lines(3_500));
    await untilStored(service, (before.bulkItems ?? 0) + 3_000);
    expect(await api.stop()).toBe(0);
    await expect(upload.answer).rejects.toThrow();
    expect(await rows(service)).toEqual(before);
  });

  it('answers 503 for an upload that the clean-up has abandoned, and keeps nothing of it', async () => {
    const before = await rows(service);
    const upload = beginUpload(service.url, lines(3_500));
    await untilStored(service, (before.bulkItems ?? 0) + 3_000);
    // It may be renewed in the meantime.
    await eventually(async () => {
      await lapseLeases(service);
      expect(await cleanUp(service)).toMatchObject({ uploadedItems: 3_000, uploads: 1 });
    });
    upload.sending.end(lines(2_000));
    expect(await upload.answer).toMatchObject({ status: 503, body: { code: 'database_unavailable' } });
    expect(await rows(service)).toEqual(before);
  });
});
