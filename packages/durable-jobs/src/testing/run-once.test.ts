import { once } from 'node:events';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { RunContext } from '../jobs/run/activities.ts';
import { defineJob } from '../jobs/run/define-job.ts';
import { PermanentError, RetryAfterError } from '../jobs/run/errors.ts';
import { runOnce } from './run-once.ts';

const remind = (run: (input: { invoiceId: string }, context: RunContext) => Promise<{ sent: number }>) =>
  defineJob({
    type: 'remind',
    input: z.strictObject({ invoiceId: z.string() }),
    key: ({ invoiceId }) => invoiceId,
    retry: { delays: ['60s', '5s'] },
    run,
  });

describe('one attempt of a job', () => {
  it('returns what the function returned, reported and logged', async () => {
    const job = remind(({ invoiceId }, { attempt, progress, effectKey, heartbeat, logger }) => {
      heartbeat({ done: 1 });
      heartbeat({ done: 2 });
      logger.info({ invoiceId, attempt, progress, effectKey }, 'reminded');
      return Promise.resolve({ sent: 1 });
    });
    const outcome = await runOnce(job, { invoiceId: 'i-1' }, { attempt: 2, progress: { done: 0 } });
    // The type is known too.
    const sent: number | undefined = outcome.result?.sent;
    expect(sent).toBe(1);
    expect(outcome).toEqual({
      status: 'completed',
      result: { sent: 1 },
      nextAttemptInMs: null,
      effectKey: 'remind:i-1/test',
      heartbeats: [{ done: 1 }, { done: 2 }],
      logs: [
        {
          level: 'info',
          message: 'reminded',
          fields: { invoiceId: 'i-1', attempt: 2, progress: { done: 0 }, effectKey: 'remind:i-1/test' },
        },
      ],
    });
  });

  it.each([
    ['the first failure', new Error('away'), 1, 60_000],
    ['the second one', new Error('away'), 2, 5_000],
    ['the last one', new Error('away'), 3, null],
    ['a permanent one', new PermanentError('unknown'), 1, null],
    ['a longer wait that a provider asks for', new RetryAfterError('busy', 90_000), 1, 90_000],
    ['a shorter one', new RetryAfterError('busy', 1_000), 1, 60_000],
  ])('reports when the next one begins: after %s', async (_what, error, attempt, nextAttemptInMs) => {
    const outcome = await runOnce(
      remind(() => Promise.reject(error)),
      { invoiceId: 'i-1' },
      { attempt },
    );
    expect(outcome).toMatchObject({ status: 'failed', error, nextAttemptInMs });
  });

  it('can be aborted', async () => {
    const aborting = new AbortController();
    const job = remind(async (_input, { signal }) => {
      const aborted = once(signal, 'abort');
      aborting.abort();
      await aborted;
      throw new Error('aborted');
    });
    const { error } = await runOnce(job, { invoiceId: 'i-1' }, { signal: aborting.signal });
    expect(error).toEqual(new Error('aborted'));
  });

  it("uses the test's database, and says so if it requires one", async () => {
    const db = new pg.Pool();
    const using = remind(async (_input, context) => {
      expect(context.db).toBe(db);
      return Promise.resolve({ sent: 1 });
    });
    expect((await runOnce(using, { invoiceId: 'i-1' }, { db })).status).toBe('completed');

    const querying = remind(async (_input, context) => {
      await context.db.query('SELECT 1');
      return { sent: 1 };
    });
    const { error } = await runOnce(querying, { invoiceId: 'i-1' });
    expect(String(error)).toContain('db.query');
  });

  it('is refused an input that the schema refuses', async () => {
    const job = remind(() => Promise.resolve({ sent: 1 }));
    await expect(runOnce(job, { invoiceId: 17 } as never)).rejects.toBeInstanceOf(z.ZodError);
  });
});
