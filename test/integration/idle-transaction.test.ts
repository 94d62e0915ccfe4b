import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { waitUntil } from '../../packages/durable-jobs/src/dev/wait.ts';
import { isDatabaseUnavailable } from '../../packages/durable-jobs/src/database/unavailable.ts';
import { useService } from '../support/service.ts';

const service = useService({ workers: false });

it('a transaction whose process says nothing is ended by the database after two minutes', async () => {
  const { rows } = await sql`SHOW idle_in_transaction_session_timeout`.execute(service.db);
  expect(rows).toEqual([{ idleInTransactionSessionTimeout: '2min' }]);
});

it('a process that was frozen in a transaction gets a database error, and continues', async () => {
  const frozen = service.db.transaction().execute(async (trx) => {
    await sql`SET LOCAL idle_in_transaction_session_timeout = '200ms'`.execute(trx);
    const { rows } = await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(trx);
    const pid = rows[0]?.pid;
    await waitUntil(
      async () => {
        const sessions = await sql`SELECT pid FROM pg_stat_activity WHERE pid = ${pid}`.execute(service.db);
        return sessions.rows.length === 0;
      },
      { what: 'the session is still there', timeoutMs: 60_000 },
    );
    await sql`SELECT 1`.execute(trx);
  });
  const error: unknown = await frozen.catch((reason: unknown) => reason);
  expect(isDatabaseUnavailable(error)).toBe(true);
  expect((await sql`SELECT 1 AS one`.execute(service.db)).rows).toEqual([{ one: 1 }]);
});
