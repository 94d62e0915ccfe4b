import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { sendWelcomeEmail } from '../../contracts/jobs/send-welcome-email.ts';
import { defineJob } from '../../packages/durable-jobs/src/jobs/run/define-job.ts';
import { createTestClock } from '../../packages/durable-jobs/src/testing/clock.ts';
import { createMemoryMailer } from '../../packages/durable-jobs/src/testing/memory-mailer.ts';
import { startTestEngine, type TestEngine } from '../../packages/durable-jobs/src/testing/test-engine.ts';
import { expectOnTime } from '../support/workflow-env.ts';

const server = inject('timeSkippingServer');
const serverPath = server.path === undefined ? {} : { serverPath: server.path };

const clock = createTestClock();
const mailer = createMemoryMailer({ clock });

const remind = defineJob({
  type: 'remind',
  input: z.strictObject({ invoiceId: z.string() }),
  key: ({ invoiceId }) => invoiceId,
  retry: { delays: ['60s', '300s'] },
  async run({ invoiceId }, { attempt, logger, heartbeat, effectKey }) {
    heartbeat({ step: 'writing' });
    logger.info({ attempt }, 'reminding');
    await mailer.send({
      to: 'ada@example.com',
      subject: invoiceId,
      html: '<p>due</p>',
      messageId: `${effectKey}@shop.example`,
    });
    return { sentAt: clock.now().toISOString() };
  },
});

const readTable = defineJob({
  type: 'readTable',
  input: z.strictObject({}),
  key: () => 'all',
  retry: { delays: [] },
  run: (_input, { db }) => db.query('SELECT 1'),
});

const never = { ...remind, type: 'never' };

describe.skipIf(server.path === undefined)(`the test engine ${server.howToGet ?? ''}`, () => {
  describe('with jobs of one function', () => {
    let engine: TestEngine;
    beforeAll(async () => {
      engine = await startTestEngine({ jobs: [remind, readTable], clock, ...serverPath });
    });
    afterAll(() => engine.close());

    it('skips delays and waits, and reports everything that a job did', async () => {
      const before = await engine.now();
      mailer.fail();
      const outcome = await engine.run(remind, { invoiceId: 'i-1' }, { delay: '7d' });
      // The type of the result is known.
      const sentAt = new Date(outcome.result?.sentAt ?? 0);
      expect(outcome).toMatchObject({
        id: 'remind:i-1',
        status: 'completed',
        attempts: [
          { activity: 'remind', number: 1, error: { code: 'MailError' } },
          { activity: 'remind', number: 2, error: null },
        ],
        effectKey: `remind:i-1/${outcome.runId}`,
        progress: { step: 'writing' },
        logs: [
          { level: 'info', message: 'reminding', fields: { attempt: 1 } },
          { level: 'info', message: 'reminding', fields: { attempt: 2 } },
        ],
      });
      const seconds = outcome.attempts.map(
        ({ startedAt }) => (startedAt.getTime() - before.getTime()) / 1_000,
      );
      expectOnTime(seconds, [7 * 86_400, 7 * 86_400 + 60]);
      // The clock and the mailer use the engine's time.
      expect(sentAt).toEqual(outcome.attempts[1]?.startedAt);
      expect(mailer.sent).toMatchObject([{ subject: 'i-1', sentAt }]);
    });

    it('keeps the runs of one key apart, each with its own effect key', async () => {
      const first = await engine.run(remind, { invoiceId: 'i-2' });
      const second = await engine.run(remind, { invoiceId: 'i-2' });
      expect(second.effectKey).not.toBe(first.effectKey);
      expect([first.attempts.length, second.attempts.length]).toEqual([1, 1]);
    });

    it('says so if a job requires a database', async () => {
      const { status, failure } = await engine.run(readTable, {});
      expect({ status, failure }).toMatchObject({
        status: 'failed',
        failure: { message: expect.stringContaining('pass db') as string },
      });
    });

    it('refuses a job that it was not given, and an input that the schema refuses', async () => {
      await expect(engine.run(never, { invoiceId: 'i-3' })).rejects.toThrow('the job never');
      await expect(engine.run(remind, { invoiceId: 3 } as never)).rejects.toBeInstanceOf(z.ZodError);
    });

    it('lets time pass', async () => {
      const before = await engine.now();
      await engine.pass('2d');
      expectOnTime(((await engine.now()).getTime() - before.getTime()) / 1_000, 2 * 86_400);
    });
  });

  describe('with a workflow of several steps', () => {
    const userId = randomUUID();
    let calls = 0;
    let engine: TestEngine;
    beforeAll(async () => {
      engine = await startTestEngine({
        jobs: [sendWelcomeEmail],
        workflows: { codePath: inject('workflowBundlePath') },
        activities: {
          sendWelcomeEmail: (user: { userId: string }) =>
            calls++ === 0
              ? Promise.reject(new Error('away'))
              : Promise.resolve({ emailId: `of ${user.userId}` }),
        },
        ...serverPath,
      });
    });
    afterAll(() => engine.close());

    it('runs it with the activities of the test', async () => {
      const outcome = await engine.run(sendWelcomeEmail, { userId });
      expect(outcome).toMatchObject({
        status: 'completed',
        result: { emailId: `of ${userId}` },
        attempts: [
          { activity: 'sendWelcomeEmail', number: 1, error: { code: 'Error', message: 'away' } },
          { activity: 'sendWelcomeEmail', number: 2, error: null },
        ],
      });
    });

    it('refuses a second start of a job that runs once', async () => {
      await expect(engine.start(sendWelcomeEmail, { userId })).rejects.toThrow(
        `send-welcome-email:${userId} was not started: it already has a run.`,
      );
    });
  });
});
