import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { defineWorkflow } from '../../packages/durable-jobs/src/jobs/job-definition.ts';
import { defineJob } from '../../packages/durable-jobs/src/jobs/run/define-job.ts';
import { PermanentError } from '../../packages/durable-jobs/src/jobs/run/errors.ts';
import { startTestEngine, type TestEngine } from '../../packages/durable-jobs/src/testing/test-engine.ts';
import {
  handling,
  throwQuery,
  throwSignal,
  throwUpdate,
  validateUpdate,
} from '../support/throwing/workflows.ts';
import { cacheModes } from '../support/workflow-env.ts';

const server = inject('timeSkippingServer');

const input = z.strictObject({ id: z.string(), what: z.string().default('nothing') });
const workflow = <Type extends string>(type: Type) =>
  defineWorkflow({
    type,
    description: 'Throws.',
    input,
    taskQueue: 'jobs',
    businessKey: ({ id }) => id,
    summary: () => type,
    startPolicy: 'once',
  });
const jobs = {
  throwing: workflow('throwing'),
  handling: workflow(handling.name as 'handling'),
  calling: workflow('calling'),
};

/** What the one-function job throws. */
let thrown = new Error('nothing yet');
const single = defineJob({
  type: 'single',
  input,
  key: ({ id }) => id,
  retry: { delays: ['1s'] },
  run: () => Promise.reject(thrown),
});

describe.skipIf(server.path === undefined).each(cacheModes)(
  `what a workflow throws, $mode ${server.howToGet ?? ''}`,
  ({ options }) => {
    let engine: TestEngine;
    beforeAll(async () => {
      engine = await startTestEngine({
        jobs: [...Object.values(jobs), single],
        workflows: fileURLToPath(new URL('../support/throwing/workflows.ts', import.meta.url)),
        activities: { work: () => Promise.reject(thrown) },
        ...(server.path !== undefined && { serverPath: server.path }),
        ...options,
      });
    });
    afterAll(() => engine.close());
    const newId = () => randomUUID();

    it.each([
      ['an error', 'CardDeclined', 'the card was declined'],
      ['megabytes', 'Error', `${'x'.repeat(4_000)}…`],
      ['half a pair', 'Error', 'nul  and half \ufffd'],
      ['its own cause', 'Error', 'its own cause'],
      ['a string', 'Error', 'declined'],
      ['undefined', 'Error', 'undefined'],
      ['an object', 'Error', '{"code":7}'],
      ['details that are not JSON', 'CardDeclined', 'declined'],
      ['a function', 'ResultNotJson', 'The result of the job must be JSON: it is a function'],
      [
        'a BigInt',
        'ResultNotJson',
        'The result of the job must be JSON: Do not know how to serialize a BigInt',
      ],
    ])('fails its job with the reason: %s', async (what, code, message) => {
      const outcome = await engine.run(jobs.throwing, { id: newId(), what });
      expect(outcome).toMatchObject({ status: 'failed', failure: { code, message } });
    });

    it.each([
      ['bytes', new Uint8Array([1])],
      ['nothing', undefined],
    ])('is a result that can be stored: %s', async (what, result) => {
      const outcome = await engine.run(jobs.throwing, { id: newId(), what });
      expect(outcome.status).toBe('completed');
      expect(outcome.result ?? undefined).toEqual(result);
    });

    it.each(['half a pair', 'an object', 'megabytes'])('fails its job from a signal: %s', async (what) => {
      const { workflow: handle, outcome } = await engine.start(jobs.handling, { id: newId() });
      await handle.signal(throwSignal, what);
      expect(await outcome()).toMatchObject({ status: 'failed', failure: { code: 'Error' } });
    });

    it('fails the update or the query, and the job continues', async () => {
      const { workflow: handle, outcome } = await engine.start(jobs.handling, { id: newId() });
      for (const update of [throwUpdate, validateUpdate]) {
        for (const what of ['an error', 'half a pair', 'its own cause', 'an object', 'megabytes']) {
          await expect(updateOf(handle, update, what)).rejects.toBeInstanceOf(WorkflowUpdateFailedError);
        }
      }
      for (const what of ['a function', 'a BigInt']) {
        await expect(updateOf(handle, throwUpdate, what)).rejects.toMatchObject({
          cause: { type: 'ResultNotJson' },
        });
        await expect(handle.query(throwQuery, what)).rejects.toThrow('must be JSON');
      }
      await expect(handle.query(throwQuery, 'half a pair')).rejects.toThrow('nul  and half \ufffd');
      await handle.signal(throwSignal, 'end');
      expect(await outcome()).toMatchObject({ status: 'completed' });
    });

    it('repeats the step if it is a bug, so that working code can continue', async () => {
      const { workflow: handle } = await engine.start(jobs.throwing, { id: newId(), what: 'a bug' });
      await expect
        .poll(async () => {
          const { events = [] } = await handle.fetchHistory();
          return events?.find((event) => event.workflowTaskFailedEventAttributes)
            ?.workflowTaskFailedEventAttributes?.failure?.message;
        })
        .toBe('half \ufffd');
      expect((await handle.describe()).status.name).toBe('RUNNING');
      await handle.terminate();
    });

    it.each(['DatabaseUnavailable', 'PayloadRefused', 'PayloadKeyMissing', 'BulkJobNotFound'])(
      'counts as an attempt if it is named %s',
      async (type) => {
        for (const error of [
          Object.assign(new Error('theirs'), { name: type }),
          new PermanentError('theirs', { code: type }),
        ]) {
          thrown = error;
          const failure = { code: `Application.${type}`, message: 'theirs' };
          const { attempts, ...rest } = await engine.run(single, { id: newId() });
          expect(rest).toMatchObject({ status: 'failed', failure });
          expect(attempts).toHaveLength(error instanceof PermanentError ? 1 : 2);
          expect(await engine.run(jobs.calling, { id: newId() })).toMatchObject({ status: 'failed' });
        }
      },
    );
  },
);

/** An update whose response is awaited. */
function updateOf(handle: WorkflowHandle, update: typeof throwUpdate, what: string): Promise<unknown> {
  return handle.executeUpdate(update, { args: [what] });
}
