import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Problem } from '../../http/problem.ts';
import type { UndispatchedStart } from '../outbox/find.ts';
import { createJobRegistry } from '../registry.ts';
import { defineJob } from '../run/define-job.ts';
import type { ActionRequest, RetryScope } from './job-actions.ts';
import { jobActions } from './job-actions.ts';
import { planOnStart } from './plan-on-start.ts';

const free = defineJob({
  type: 'sendInvoice',
  description: 'Sends an invoice.',
  input: z.strictObject({}),
  key: () => 'all',
  run: () => Promise.resolve(null),
});
const kept = { ...free, type: 'keepPromise' };
const deps = {
  jobs: createJobRegistry([free, kept]),
  jobRules: new Map([['keepPromise', { notTerminable: 'It is promised.', notPausable: 'It is promised.' }]]),
};
const soon = new Date(Date.now() + 60_000);
const pending: UndispatchedStart = {
  entryId: 7,
  jobType: 'sendInvoice',
  createdAt: new Date(),
  nextAttemptAt: new Date(),
  startAt: null,
  expiresAt: null,
  lastError: null,
  waitsFor: null,
  withdrawnAt: null,
  dead: null,
  hasExpired: false,
  skippedAt: null,
  replaced: null,
  heldFor: null,
  priority: null,
  fairnessKey: null,
  fairnessWeight: null,
};

/** What the check says of each action: `ok`, `start-first`, or the code of the refusal. */
function outcomes(start: Partial<UndispatchedStart>, type = 'sendInvoice'): Record<string, string> {
  const outcomeOf = (request: ActionRequest): string => {
    try {
      const id = `${type === 'sendInvoice' ? 'send-invoice' : 'keep-promise'}:all`;
      const plan = planOnStart(
        deps,
        { id, type, start: { ...pending, ...start }, isThisOnly: true },
        request,
      );
      return plan === 'start-first' ? plan : 'ok';
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return error.kind.code;
    }
  };
  return Object.fromEntries(
    jobActions.map((action) => [
      action,
      outcomeOf(action === 'reschedule' ? { action, at: new Date(Date.now() + 120_000) } : { action }),
    ]),
  );
}

const refused = {
  cancel: 'job_closed',
  terminate: 'job_closed',
  retry: 'job_not_retryable',
  pause: 'job_closed',
  resume: 'job_closed',
  reschedule: 'job_closed',
};
const allowed = {
  cancel: 'ok',
  terminate: 'ok',
  retry: 'ok',
  pause: 'start-first',
  resume: 'job_not_paused',
  reschedule: 'ok',
};
const waiting = { pause: 'job_not_pausable', retry: 'job_not_retryable' };

describe('an action on a start that is not made', () => {
  it('is no retry of a run that has ended', () => {
    const job = { id: 'send-invoice:all', type: 'sendInvoice', start: pending, isThisOnly: true };
    const retry = (scope: RetryScope) => () => planOnStart(deps, job, { action: 'retry', scope });
    expect(retry('attempt')()).not.toBe('start-first');
    expect(retry('run')).toThrow('The job has not started yet: it cannot be started again.');
  });

  it.each<[string, Partial<UndispatchedStart>, Record<string, string>]>([
    ['is to be made', {}, allowed],
    ['waits for a run', { waitsFor: 'a-run' }, { ...allowed, ...waiting }],
    ['is held', { heldFor: { groupId: 'tea' } }, { ...allowed, ...waiting }],
    ['starts later', { startAt: soon }, { ...allowed, retry: 'job_not_retryable' }],
    [
      'waits in the outbox for its time',
      { startAt: soon, nextAttemptAt: soon },
      { ...allowed, retry: 'job_not_retryable', pause: 'job_not_pausable' },
    ],
    ['expires before its new time', { expiresAt: soon }, { ...allowed, reschedule: 'job_not_reschedulable' }],
    [
      'has just expired, so that a call may still make it',
      { expiresAt: new Date(Date.now() - 1_000) },
      { ...refused, cancel: 'ok', terminate: 'ok' },
    ],
    ['has expired', { hasExpired: true, expiresAt: new Date(0) }, refused],
    ['was withdrawn', { withdrawnAt: new Date() }, refused],
    ['is dead', { dead: { at: new Date(), code: 'InvalidInput' } }, refused],
    ['was skipped', { skippedAt: new Date() }, refused],
    ['was replaced', { replaced: { at: new Date(), by: 'send-invoice:1', isByEarlier: false } }, refused],
  ])('that %s', (_, start, expected) => {
    expect(outcomes(start)).toEqual(expected);
  });

  it('follows the rules of its type', () => {
    expect(outcomes({}, 'keepPromise')).toEqual({
      ...allowed,
      terminate: 'job_not_terminable',
      pause: 'job_not_pausable',
      reschedule: 'job_not_reschedulable',
    });
  });
});
