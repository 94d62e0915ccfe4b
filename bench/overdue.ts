import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import type pg from 'pg';
import { sendWelcomeEmail } from '../contracts/jobs/send-welcome-email.ts';
import { jobId } from '../packages/durable-jobs/src/jobs/job-definition.ts';
import { waitUntil } from '../packages/durable-jobs/src/dev/wait.ts';

const NEW_WORK_EVERY_MS = 500;
const RAW_AT_ONCE = 32;

/** Waits until the starts up to this entry of the outbox are made. */
export async function untilStarted(
  database: pg.ClientBase,
  lastEntry: number,
  signal: AbortSignal,
): Promise<void> {
  await waitUntil(
    async () => {
      const { rows } = await database.query<{ left: string }>(
        'SELECT count(*) AS left FROM outbox WHERE dispatched_at IS NULL AND id <= $1',
        [lastEntry],
      );
      return Number(rows[0]?.left) === 0;
    },
    { what: 'the backlog was not started', timeoutMs: 180_000, intervalMs: 20, signal },
  );
}

/** Registers a user with this name. */
export async function register(api: string, phase: string, n: number, signal: AbortSignal): Promise<void> {
  const { status } = await fetch(`${api}/api/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: `${phase}-${n}@example.com`, name: phase, password: 'a long password' }),
    signal,
  });
  if (status !== 201) throw new Error(`a registration returned ${status}`);
}

/** Registers a user every so often. */
export async function newWork(api: string, phase: string, forMs: number, signal: AbortSignal): Promise<void> {
  const end = performance.now() + forMs;
  for (let n = 0; performance.now() < end; n++) {
    signal.throwIfAborted();
    await Promise.all([register(api, phase, n, signal), delay(NEW_WORK_EVERY_MS, undefined, { signal })]);
  }
}

/** Adds users and returns their ids. */
export async function addUsers(database: pg.ClientBase, name: string, count: number): Promise<string[]> {
  const { rows } = await database.query<{ id: string }>(
    `INSERT INTO users (email, name, password_hash)
     SELECT $1 || '-pile-' || n || '@example.com', 'pile', '' FROM generate_series(1, $2::integer) AS n RETURNING id`,
    [name, count],
  );
  return rows.map(({ id }) => id);
}

/** Starts the welcome emails of users with the engine's client alone, and returns how many starts it made per second. */
export async function startRaw(address: string, userIds: readonly string[], at?: Date): Promise<number> {
  const connection = await Connection.connect({ address });
  try {
    const client = new Client({ connection });
    const left = [...userIds];
    const begin = performance.now();
    const startAll = async (): Promise<void> => {
      for (let userId = left.pop(); userId !== undefined; userId = left.pop())
        await client.workflow.start(sendWelcomeEmail.type, {
          workflowId: jobId(sendWelcomeEmail, { userId }),
          taskQueue: sendWelcomeEmail.taskQueue,
          args: [{ userId }],
          ...(at && { startDelay: at.getTime() - Date.now() }),
        });
    };
    await Promise.all(Array.from({ length: RAW_AT_ONCE }, startAll));
    return (userIds.length * 1_000) / (performance.now() - begin);
  } finally {
    await connection.close();
  }
}

/** Commits the welcome emails of users as a process that never starts them; returns the last entry's id. */
export async function addPile(
  database: pg.ClientBase,
  userIds: readonly string[],
  at?: Date,
): Promise<number> {
  await database.query(
    `WITH added AS (
      INSERT INTO outbox (job_type, job_id, input, next_attempt_at, start_at)
      SELECT 'sendWelcomeEmail', 'send-welcome-email:' || id, jsonb_build_object('userId', id), now(), $2
      FROM unnest($1::uuid[]) AS id)
    SELECT pg_notify('outbox', '')`,
    [userIds, at ?? null],
  );
  const { rows } = await database.query<{ id: string }>('SELECT max(id) AS id FROM outbox');
  return Number(rows[0]?.id);
}

/** Waits for the emails of new work, and returns the time from each registration to its email in milliseconds. */
export async function emailTimes(
  database: pg.ClientBase,
  phase: string,
  signal: AbortSignal,
): Promise<number[]> {
  const read = async (): Promise<{ ms: number | null }[]> => {
    const { rows } = await database.query<{ ms: number | null }>(
      `SELECT (extract(epoch FROM emails.sent_at - users.created_at) * 1000)::float AS ms
       FROM users LEFT JOIN emails ON emails.user_id = users.id WHERE users.name = $1`,
      [phase],
    );
    return rows;
  };
  await waitUntil(async () => (await read()).every(({ ms }) => ms !== null), {
    what: 'an email for new work was not sent',
    timeoutMs: 120_000,
    signal,
  });
  return (await read()).map(({ ms }) => ms ?? NaN);
}
