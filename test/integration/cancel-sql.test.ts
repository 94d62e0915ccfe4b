import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { processOrder } from '../../contracts/jobs/process-order.ts';
import { insertOrder } from '../../domain/orders/orders.ts';
import { auditCancellation } from '../../packages/durable-jobs/src/access/audit-cancellation.ts';
import { carryOutCancellations } from '../../packages/durable-jobs/src/jobs/act/requested-cancellations.ts';
import { ActionRefusedError } from '../../packages/durable-jobs/src/jobs/act/refusal.ts';
import { enqueueStart } from '../../packages/durable-jobs/src/jobs/outbox/enqueue.ts';
import { relayOnce } from '../../packages/durable-jobs/src/jobs/outbox/relay.ts';
import { defineJob } from '../../packages/durable-jobs/src/jobs/run/define-job.ts';
import { registerUser } from '../support/job-actions.ts';
import { jobWithStatus } from '../support/jobs.ts';
import { relayStarts } from '../support/relay-starts.ts';
import { startDeps } from '../support/start-deps.ts';
import { useService } from '../support/service.ts';

/** Runs until it is cancelled. */
const work = defineJob({
  type: 'longWork',
  input: z.strictObject({ name: z.string() }),
  key: ({ name }) => name,
  retry: { delays: [] },
  run: (_input, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    }),
});

const service = useService({ jobs: [work] });
let program: pg.Client;
beforeAll(async () => {
  program = new pg.Client({ connectionString: service.databaseUrl });
  await program.connect();
});
afterAll(() => program.end());
// The relay confirms the withdrawn starts of earlier tests some time later.
beforeEach(() => service.db.deleteFrom('outbox').execute());

const deps = (client = service.client) => ({
  ...startDeps(service, [work]),
  client,
  audit: auditCancellation,
});
const relay = () => relayStarts(deps());
const carryOut = () => carryOutCancellations(deps());

async function call(text: string): Promise<number> {
  const { rows } = await program.query<{ id: string }>(`SELECT durable_jobs.${text} AS id`);
  return Number(rows[0]?.id);
}
const enqueue = (name: string, more = '') => call(`enqueue('longWork', '{"name": "${name}"}'${more})`);
const cancel = (name: string, more = '') => call(`cancel('longWork', key => '${name}'${more})`);
const cancellation = (id: number) =>
  service.db.selectFrom('jobCancellations').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
const job = async (name: string) => (await service.request('GET', `/api/jobs/long-work:${name}`)).body;
const auditOf = async (id: string) => (await service.request('GET', `/api/audit?what=${id}`)).body;

describe('a cancellation by SQL', () => {
  it('withdraws a start that is not made, in the same transaction', async () => {
    await program.query('BEGIN');
    await enqueue('early', ", dedupe_key => 'early'");
    const id = await cancel('early', ", reason => 'ordered twice'");
    await program.query('COMMIT');
    expect(await job('early')).toMatchObject({ status: 'cancelled', starts: [{ outcome: 'withdrawn' }] });
    expect(await relay()).toMatchObject({ made: 0, failed: 0 });
    await carryOut();
    expect(await cancellation(id)).toMatchObject({ outcome: 'withdrawn' });
    expect(await auditOf('long-work:early')).toMatchObject({
      items: [
        {
          action: 'durable_jobs.cancel',
          outcome: 'done',
          reason: 'ordered twice',
          who: { id: 'sql' },
        },
      ],
    });
    // As the relay records it when no call can be in progress any more.
    await service.db
      .updateTable('outbox')
      .set({ nextAttemptAt: sql<Date>`now()` })
      .where('jobId', '=', 'long-work:early')
      .execute();
    await relay();
    expect(await job('early')).toMatchObject({ status: 'cancelled', runId: null });
  });

  it('leaves nothing of a transaction that is rolled back', async () => {
    await enqueue('kept');
    await program.query('BEGIN');
    await cancel('kept');
    await program.query('ROLLBACK');
    await relay();
    expect(await carryOut()).toMatchObject({ ended: 0 });
    await jobWithStatus(service, 'long-work:kept', 'running');
    await call(`cancel(job_id => 'long-work:kept')`);
    await carryOut();
    await jobWithStatus(service, 'long-work:kept', 'cancelled');
  });

  it('withdraws a start whose job has no id yet', async () => {
    await enqueue('unchecked');
    const id = await cancel('unchecked');
    await carryOut();
    expect(await cancellation(id)).toMatchObject({ outcome: 'withdrawn' });
    expect(await relay()).toMatchObject({ made: 0 });
    expect(await job('unchecked')).toMatchObject({ status: 'cancelled' });
  });

  it('cancels a run, and does nothing more when it is repeated', async () => {
    await enqueue('running');
    await relay();
    await jobWithStatus(service, 'long-work:running', 'running');
    const id = await cancel('running');
    await carryOut();
    await jobWithStatus(service, 'long-work:running', 'cancelled');
    expect(await cancellation(id)).toMatchObject({ outcome: 'requested' });
    const again = await cancel('running');
    await carryOut();
    expect(await cancellation(again)).toMatchObject({ outcome: 'nothing_to_cancel' });
  });

  it.each(['before', 'after'] as const)(
    'leaves no start of an overlapping transaction undecided that commits %s it is carried out',
    async (when) => {
      const name = `overlapping-${when}`;
      await program.query('BEGIN');
      await enqueue(name);
      // The overlapping start has a lower id than the newest one that the cancellation sees.
      await sql`SELECT durable_jobs.enqueue('longWork', ${`{"name": "newer-${when}"}`}::jsonb)`.execute(
        service.db,
      );
      const { rows } = await sql<{
        id: number;
      }>`SELECT durable_jobs.cancel('longWork', ${name}) AS id`.execute(service.db);
      if (when === 'after') await carryOut();
      await program.query('COMMIT');
      await carryOut();
      await relay();
      expect(await cancellation(rows[0]?.id ?? 0)).toMatchObject({
        outcome: when === 'before' ? 'withdrawn' : 'nothing_to_cancel',
      });
      await jobWithStatus(service, `long-work:${name}`, when === 'before' ? 'cancelled' : 'running');
      await call(`cancel('longWork', key => 'newer-${when}')`);
      await call(`cancel('longWork', key => '${name}')`);
      await carryOut();
    },
  );

  it('does not mean a start that was committed later', async () => {
    const id = await cancel('later');
    await enqueue('later');
    await relay();
    await jobWithStatus(service, 'long-work:later', 'running');
    await carryOut();
    expect(await cancellation(id)).toMatchObject({ outcome: 'nothing_to_cancel' });
    expect(await job('later')).toMatchObject({ status: 'running', cancelRequestedAt: null });
    await cancel('later');
    await carryOut();
    await jobWithStatus(service, 'long-work:later', 'cancelled');
  });

  it('leaves a start that a relay had claimed before to the rules of its job', async () => {
    await enqueue('claimed', ", dedupe_key => 'claimed'");
    let id = 0;
    const pass = await relayOnce(deps(), {
      pace: async () => {
        id ||= await cancel('claimed');
      },
    });
    expect(pass).toMatchObject({ made: 0, failed: 0 });
    const start = () =>
      service.db
        .selectFrom('outbox')
        .selectAll()
        .where('jobId', '=', 'long-work:claimed')
        .executeTakeFirstOrThrow();
    expect(await start()).toMatchObject({
      withdrawnAt: expect.any(Date) as Date,
      droppedAt: null,
      dispatchedAt: null,
    });
    await carryOut();
    expect(await cancellation(id)).toMatchObject({ outcome: 'withdrawn' });
    expect(await job('claimed')).toMatchObject({ status: 'cancelled', runId: null });
  });

  it('leaves the run of a start that was being made to the rules of its job', async () => {
    await enqueue('meanwhile', ", dedupe_key => 'meanwhile'");
    let id = 0;
    const client = Object.create(service.client, {
      withDeadline: {
        value: async <T>(deadline: number, call: () => Promise<T>): Promise<T> => {
          const result = await service.client.withDeadline(deadline, call);
          id ||= await cancel('meanwhile');
          return result;
        },
      },
    }) as Client;
    expect(await relayOnce(deps(client))).toMatchObject({ made: 1 });
    await jobWithStatus(service, 'long-work:meanwhile', 'running');
    expect(await job('meanwhile')).toMatchObject({
      cancelRequestedAt: null,
      starts: [{ outcome: 'started' }],
    });
    await carryOut();
    expect(await cancellation(id)).toMatchObject({ outcome: 'requested' });
    await jobWithStatus(service, 'long-work:meanwhile', 'cancelled');
  });

  it('is kept while the engine is unavailable', async () => {
    await enqueue('outage');
    await relay();
    await jobWithStatus(service, 'long-work:outage', 'running');
    const id = await cancel('outage');
    const away = new Client({ connection: Connection.lazy({ address: '127.0.0.1:1' }) });
    expect(await carryOutCancellations(deps(away))).toMatchObject({ ended: 0 });
    await away.connection.close();
    expect(await cancellation(id)).toMatchObject({ outcome: null, attempts: 1 });
    await again(id);
    expect(await carryOut()).toMatchObject({ ended: 1 });
    await jobWithStatus(service, 'long-work:outage', 'cancelled');
  });

  it('is left to the pass that claims it while another one is frozen', async () => {
    const ids = [await cancel('frozen'), await cancel('behind')];
    const away = new Client({ connection: Connection.lazy({ address: '127.0.0.1:1' }) });
    const claimed = { attempts: 7, nextAttemptAt: new Date(Date.now() + 3_600_000) };
    const client = Object.create(away, {
      withDeadline: {
        value: async <T>(deadline: number, call: () => Promise<T>): Promise<T> => {
          await service.db.updateTable('jobCancellations').set(claimed).where('id', 'in', ids).execute();
          return away.withDeadline(deadline, call);
        },
      },
    }) as Client;
    expect(await carryOutCancellations(deps(client))).toMatchObject({ ended: 0 });
    await away.connection.close();
    for (const id of ids) {
      expect(await cancellation(id)).toMatchObject(claimed);
      await again(id);
    }
    expect(await carryOut()).toMatchObject({ ended: 2 });
  });

  /** Makes a cancellation due, whose last try has failed. */
  const again = (id: number) =>
    service.db
      .updateTable('jobCancellations')
      .set({ nextAttemptAt: sql<Date>`now()` })
      .where('id', '=', id)
      .execute();

  it('waits for no lease after a pass that took long', async () => {
    await enqueue('first');
    await enqueue('second');
    const [first, second] = [await cancel('first'), await cancel('second')];
    const clock = performance.now.bind(performance);
    const audit: typeof auditCancellation = async (trx, cancelled) => {
      await auditCancellation(trx, cancelled);
      // As if the first one had taken longer than half of the lease.
      vi.spyOn(performance, 'now').mockImplementation(() => clock() + 31_000);
    };
    try {
      expect(await carryOutCancellations({ ...deps(), audit })).toMatchObject({ ended: 1, more: true });
    } finally {
      vi.restoreAllMocks();
    }
    expect(await cancellation(first)).toMatchObject({ outcome: 'withdrawn' });
    expect(await cancellation(second)).toMatchObject({ endedAt: null, attempts: 0 });
    expect(await carryOut()).toMatchObject({ ended: 1 });
    expect(await cancellation(second)).toMatchObject({ outcome: 'withdrawn' });
  });

  it('is audited as done if its first try failed after it had withdrawn the start', async () => {
    await enqueue('half', ", dedupe_key => 'half'");
    const id = await cancel('half');
    const away = new Client({ connection: Connection.lazy({ address: '127.0.0.1:1' }) });
    expect(await carryOutCancellations(deps(away))).toMatchObject({ ended: 0 });
    await away.connection.close();
    await again(id);
    expect(await carryOut()).toMatchObject({ ended: 1 });
    expect(await cancellation(id)).toMatchObject({ outcome: 'withdrawn' });
    expect(await auditOf('long-work:half')).toMatchObject({ items: [{ outcome: 'done' }] });
  });

  it('is audited as done if its first try failed after it had cancelled the run', async () => {
    await enqueue('unrecorded');
    await relay();
    await jobWithStatus(service, 'long-work:unrecorded', 'running');
    const id = await cancel('unrecorded');
    const audit = () => Promise.reject(new Error('the audit trail is full'));
    expect(await carryOutCancellations({ ...deps(), audit })).toMatchObject({ ended: 0 });
    await jobWithStatus(service, 'long-work:unrecorded', 'cancelled');
    await again(id);
    expect(await carryOut()).toMatchObject({ ended: 1 });
    expect(await cancellation(id)).toMatchObject({ outcome: 'requested' });
    expect(await auditOf('long-work:unrecorded')).toMatchObject({ items: [{ outcome: 'done' }] });
  });

  it('heeds the rules of the job: an order is closed, and its job does the rest', async () => {
    const { id: userId } = await registerUser(service);
    const orderId = await service.db.transaction().execute(async (trx) => {
      const order = await insertOrder(trx, {
        userId,
        currency: 'eur',
        items: [{ sku: 'BOOK-1', quantity: 1, unitAmountMinor: 1_000 }],
        amountMinor: 1_000,
        paymentMethod: 'pm_card_visa',
      });
      await enqueueStart(trx, processOrder, { orderId: order?.id ?? '' });
      return order?.id ?? '';
    });
    await call(`cancel('processOrder', key => '${orderId}')`);
    await carryOut();
    expect((await service.request('GET', `/api/orders/${orderId}`)).body).toMatchObject({
      status: 'cancelled',
    });
    await relay();
    await jobWithStatus(service, `process-order:${orderId}`, 'completed');
    expect((await service.ledger(orderId)).charges).toEqual([]);
  });

  it('that the rules refuse lets the start be made', async () => {
    const id = randomUUID();
    await service.db.transaction().execute((trx) => enqueueStart(trx, work, { name: id }));
    const refusing = new Map([
      [
        'longWork',
        {
          beforeCancelling: () =>
            Promise.reject(new ActionRefusedError('jobNotCancellable', 'It is not allowed.')),
        },
      ],
    ]);
    const requested = await cancel(id);
    await carryOutCancellations({ ...deps(), jobRules: refusing });
    expect(await cancellation(requested)).toMatchObject({ outcome: 'refused', detail: 'It is not allowed.' });
    await relay();
    await jobWithStatus(service, `long-work:${id}`, 'running');
    await cancel(id);
    await carryOut();
    await jobWithStatus(service, `long-work:${id}`, 'cancelled');
  });

  it('of what is not the id of a job is refused at once, and not tried again', async () => {
    const requested = await call(`cancel(job_id => 'nonsense')`);
    await carryOut();
    expect(await cancellation(requested)).toMatchObject({
      outcome: 'refused',
      detail: expect.stringContaining('must be a job id such as') as string,
    });
  });

  it.each([[''], [`'longWork'`], [`key => 'x'`], [`'longWork', key => 'x', job_id => 'long-work:x'`]])(
    'with the arguments %s is refused',
    async (args) => {
      await expect(call(`cancel(${args})`)).rejects.toThrow('give job_type and key, or job_id');
    },
  );

  it('needs no more than the privileges that are documented', async () => {
    const role = `canceller_${randomUUID().slice(0, 8)}`;
    await program.query(`
      CREATE ROLE ${role};
      GRANT USAGE ON SCHEMA durable_jobs TO ${role};
      GRANT SELECT (id, job_id, dispatched_at, dropped_at, withdrawn_at), UPDATE (withdrawn_at, next_attempt_at)
        ON durable_jobs.outbox TO ${role};
      GRANT INSERT (job_id, up_to_entry_id, reason), SELECT (id) ON durable_jobs.job_cancellations TO ${role};
      SET ROLE ${role}`);
    try {
      expect(await cancel('nothing')).toBeGreaterThan(0);
      await expect(program.query('SELECT input FROM durable_jobs.outbox')).rejects.toThrow(
        'permission denied',
      );
    } finally {
      await program.query(`RESET ROLE; DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });
});
