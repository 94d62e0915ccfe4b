import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { isDatabaseUnavailable } from '../../packages/durable-jobs/src/database/unavailable.ts';
import { gate } from '../support/gate.ts';
import { eventually } from '../support/jobs.ts';
import { useService } from '../support/service.ts';

const service = useService({ workers: false });

it('a transaction whose process says nothing is ended by the database after two minutes', async () => {
  const { rows } = await sql`SHOW idle_in_transaction_session_timeout`.execute(service.db);
  expect(rows).toEqual([{ idleInTransactionSessionTimeout: '2min' }]);
});

it('a process that was frozen in a transaction gets a database error, and continues', async () => {
  const [begun, frozen] = [gate(), gate()];
  let pid: number | undefined;
  const transaction = service.db.transaction().execute(async (trx) => {
    await sql`SET LOCAL idle_in_transaction_session_timeout = '200ms'`.execute(trx);
    const { rows } = await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(trx);
    pid = rows[0]?.pid;
    begun.open();
    await frozen.opened;
    await sql`SELECT 1`.execute(trx);
  });
  transaction.catch(() => undefined);
  await begun.opened;
  await eventually(async () => {
    const sessions = await sql`SELECT pid FROM pg_stat_activity WHERE pid = ${pid}`.execute(service.db);
    expect(sessions.rows).toEqual([]);
  });
  frozen.open();
  const error: unknown = await transaction.catch((reason: unknown) => reason);
  expect(isDatabaseUnavailable(error)).toBe(true);
  expect((await sql`SELECT 1 AS one`.execute(service.db)).rows).toEqual([{ one: 1 }]);
});
