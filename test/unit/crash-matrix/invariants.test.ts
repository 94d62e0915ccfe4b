import { describe, expect, it } from 'vitest';
import { ERASED_RECIPIENT } from '../../../domain/accounts/erasure.ts';
import type { Evidence } from '../../crash/matrix/evidence.ts';
import type { FeltFault } from '../../crash/matrix/faults/run-faults.ts';
import { checkInvariants } from '../../crash/matrix/invariants/check.ts';
import { checkHistories } from '../../crash/matrix/invariants/histories.ts';
import { ARRIVED_AT, ERASED_AT, evidenceOf } from './evidence-of.ts';

const kept = evidenceOf();

/** The lists of the evidence, by name. */
type Lists = { [K in keyof Evidence as Evidence[K] extends object[] ? K : never]: Evidence[K] };

/** The evidence with one thing of a list replaced by its change, or left out. */
function changed<K extends keyof Lists>(
  name: K,
  which: Partial<Lists[K][number]>,
  change: Partial<Lists[K][number]> | undefined,
): Partial<Evidence> {
  const list: readonly Lists[K][number][] = kept[name];
  const isMeant = (one: Lists[K][number]): boolean =>
    Object.entries(which).every(([field, value]) => one[field as keyof typeof one] === value);
  expect(list.some(isMeant)).toBe(true);
  return {
    [name]: list.flatMap((one) => {
      if (!isMeant(one)) return [one];
      return change === undefined ? [] : [{ ...one, ...change }];
    }),
  };
}

/** The evidence with the first thing of a list twice. */
const twice = (name: keyof Lists): Partial<Evidence> => ({ [name]: [...kept[name], kept[name][0]] });

/** A fault that lasts from and to these seconds after the arrival of all emails. */
function fault(
  kind: FeltFault['kind'],
  target: FeltFault['target'],
  [fromS, toS]: readonly [number, number],
): FeltFault {
  const at = (seconds: number): Date => new Date(ARRIVED_AT.getTime() + seconds * 1_000);
  return { kind, target, from: at(fromS), to: at(toS) };
}

/** An email to the person who was erased. Times are seconds after the erasure. */
function toLeaver(times: { createdAfterS: number; arrivedAfterS: number }): Partial<Evidence> {
  const at = (seconds: number): Date => new Date(ERASED_AT.getTime() + seconds * 1_000);
  const row = {
    key: 'late',
    recipient: ERASED_RECIPIENT,
    messageId: 'late@shop',
    status: 'sent',
    isNew: true,
  };
  return {
    emails: [...kept.emails, { ...row, createdAt: at(times.createdAfterS) }],
    mails: [...kept.mails, { messageId: 'late@shop', to: 'u2@example.com', at: at(times.arrivedAfterS) }],
  };
}

const broken: [name: string, changes: Partial<Evidence>, violation: string | RegExp][] = [
  ['a lost user', { userIds: [] }, 'user u1 is lost'],
  ['a lost order', changed('orders', { id: 'o1' }, undefined), 'order o1 is lost instead of completed'],
  [
    'an order whose payment failed',
    changed('orders', { id: 'o1' }, { status: 'payment_failed' }),
    /^order o1 is payment_failed/,
  ],
  ['a second charge', twice('charges'), 'order o1 (completed) was charged 2 times'],
  [
    'a second charge that was refunded',
    { charges: [...kept.charges, { orderId: 'o1', amountMinor: 450, refundedMinor: 450 }] },
    'order o1 (completed) was charged 2 times',
  ],
  [
    'an order without a charge',
    changed('charges', { orderId: 'o3' }, undefined),
    'order o3 (completed) was charged 0 times',
  ],
  [
    'another amount',
    changed('charges', { orderId: 'o1' }, { amountMinor: 451 }),
    'order o1 was charged 451 instead of 450',
  ],
  [
    'money of a declined order',
    { charges: [...kept.charges, { orderId: 'o2', amountMinor: 300, refundedMinor: 0 }] },
    /^order o2 .* keeps money/,
  ],
  [
    'a welcome email without a row',
    changed('emails', { key: 'welcome:u1' }, undefined),
    'the email welcome:u1 is lost',
  ],
  [
    'an email of another program that waits',
    changed('emails', { key: 'e1' }, { status: 'pending' }),
    'the email e1 is pending',
  ],
  [
    'a receipt that never arrived',
    changed('mails', { messageId: 'order:o1:receipt@shop' }, undefined),
    'the email order:o1:receipt is marked as sent and did not arrive',
  ],
  [
    'a missing notice of a declined card',
    changed('emails', { key: 'order:o2:payment-declined:1' }, undefined),
    'the email order:o2:payment-declined:1 is lost',
  ],
  [
    'a missing password reset',
    changed('emails', { key: 'password-reset:r1' }, undefined),
    'no password reset was sent to u1@example.com',
  ],
  [
    'more resets than requests',
    {
      emails: [
        ...kept.emails,
        {
          key: 'password-reset:r2',
          recipient: 'u1@example.com',
          messageId: 'x',
          status: 'sent',
          createdAt: ARRIVED_AT,
          isNew: false,
        },
      ],
    },
    '2 password resets for 1 requests of u1@example.com',
  ],
  [
    'an email that no row describes',
    { mails: [...kept.mails, { messageId: 'stray', to: 'eve@example.com', at: ARRIVED_AT }] },
    /^an email that no row describes went to eve@example.com/,
  ],
  [
    'an email to another address',
    changed('mails', { messageId: 'e1@shop' }, { to: 'eve@example.com' }),
    /^an email that no row describes went to eve@example.com/,
  ],
  ['a repeated email', twice('mails'), /^the email welcome:u1@shop was sent again/],
  [
    'an email that is repeated long after a fault',
    { ...twice('mails'), faults: [fault('kill', 'worker 1', [-60, -30])] },
    /^the email welcome:u1@shop was sent again/,
  ],
  [
    'an email that is repeated during a fault elsewhere',
    { ...twice('mails'), faults: [fault('kill', 'engine', [-1, 1]), fault('slow', 'database', [-1, 1])] },
    /^the email welcome:u1@shop was sent again/,
  ],
  [
    'money of a cancelled order that is kept',
    { charges: [...kept.charges, { orderId: 'o4', amountMinor: 500, refundedMinor: 0 }] },
    'order o4 (cancelled) keeps money that was not due',
  ],
  ['a second refund', twice('refunds'), 'order o5 (refunded) was refunded 2 times for 1 charges'],
  [
    'a refund of an order that is completed',
    { refunds: [...kept.refunds, { orderId: 'o1', amountMinor: 450 }] },
    'order o1 (completed) was refunded 1 times for 1 charges',
  ],
  ['a person who is not erased', changed('leavers', {}, { erasedAt: null }), 'user u2 is not erased'],
  [
    'what is left of an erased person',
    changed('leavers', {}, { tables: ['emails'] }),
    'user u2 is erased, and emails has something of theirs',
  ],
  [
    'an order of an erased person that hangs',
    changed('orders', { id: 'o6' }, { status: 'paid' }),
    'order o6 of an erased user is paid',
  ],
  [
    'an email that was begun after its person was erased',
    toLeaver({ createdAfterS: 1, arrivedAfterS: 2 }),
    'the email late@shop arrived 2.0 s after its person was erased',
  ],
  [
    'an email that arrives long after its person was erased',
    toLeaver({ createdAfterS: -1, arrivedAfterS: 100 }),
    'the email late@shop arrived 100.0 s after its person was erased',
  ],
  ['a lost work item', { workItems: [] }, 'work item w1 is lost'],
  [
    'a work item that was given up',
    changed('workItems', { id: 'w1' }, { status: 'dead' }),
    'work item w1 is dead',
  ],
  [
    'a work item applied twice',
    { ...twice('ledger'), stock: [{ sku: 'tea', initial: 10, available: 14 }] },
    'work item w1 was applied 2 times',
  ],
  [
    'a work item without its effect',
    { ledger: [], stock: [{ sku: 'tea', initial: 10, available: 10 }] },
    'work item w1 was applied 0 times',
  ],
  [
    'a stock level that changed without its ledger',
    { stock: [{ sku: 'tea', initial: 10, available: 14 }] },
    'the stock of tea is 14, and its ledger comes to 12',
  ],
  [
    'a work item under a lease',
    changed('workItems', { id: 'w1' }, { isLeased: true }),
    'work item w1 is left under a lease',
  ],
  ['a lost bulk job', { bulkJobs: [], bulkItems: [] }, 'bulk job b1 has lost its items instead of 3'],
  [
    'a bulk job that does not end',
    changed('bulkJobs', { id: 'b1' }, { status: 'running', done: 2 }),
    /^bulk job b1 is running: 2 of 3/,
  ],
  [
    'a bulk item that failed',
    { bulkItems: [{ bulkJobId: 'b1', status: 'failed', attempts: 3, count: 3 }] },
    '3 items of bulk job b1 are failed after 3 attempts',
  ],
  [
    'a bulk item that was counted twice',
    { bulkItems: [{ bulkJobId: 'b1', status: 'done', attempts: 2, count: 3 }] },
    '3 items of bulk job b1 are done after 2 attempts',
  ],
  [
    'lost bulk items',
    { bulkItems: [{ bulkJobId: 'b1', status: 'done', attempts: 1, count: 2 }] },
    'bulk job b1 has 2 items instead of 3',
  ],
  [
    'a product that was written twice',
    { repeatedProducts: ['p1'] },
    '1 products were written more than once: p1',
  ],
  ['a start that is not made', { unmadeStarts: [{ jobId: 'j', state: 'open' }] }, 'the start of j is open'],
  ['a start that was given up', { unmadeStarts: [{ jobId: 'j', state: 'dead' }] }, 'the start of j is dead'],
  [
    'a job that failed',
    changed('jobs', { id: 'process-order:o1' }, { status: 'failed', why: 'failed', sentence: 'It failed.' }),
    'job process-order:o1 is failed (failed): It failed.',
  ],
  [
    'a job that hangs',
    changed('jobs', { id: 'process-order:o1' }, { status: 'running', why: 'code_fails' }),
    /^job process-order:o1 is running \(code_fails\)/,
  ],
  [
    'a triggered run that is lost',
    changed('jobs', { id: 'refresh-cache-1' }, undefined),
    'job refresh-cache-1 is lost',
  ],
  ['a second run of an order', twice('runs'), 'job process-order:o1 ran 2 times'],
  [
    'a run that timed out',
    changed('runs', { jobId: 'process-order:o1' }, { status: 'TIMED_OUT' }),
    'a run of process-order:o1 ended as TIMED_OUT',
  ],
  ['an API that is not ready', { unready: ['engine (timeout)'] }, 'not ready: engine (timeout)'],
  [
    'a service without a worker',
    changed('services', { id: 'work-queue' }, { state: 'waiting_for_worker' }),
    'the service work-queue is waiting_for_worker',
  ],
  [
    'a message on its way',
    { messages: { unpublished: 1, undelivered: 0, deadLetters: 0 } },
    '1 messages are unpublished',
  ],
  [
    'a dead letter',
    { messages: { unpublished: 0, undelivered: 0, deadLetters: 2 } },
    '2 messages are dead letters',
  ],
];

describe('the invariants of the crash matrix', () => {
  it('accept a round that kept every promise', () => {
    expect(checkInvariants(kept)).toEqual([]);
  });

  it.each(broken)('detect %s', (_name, changes, violation) => {
    const violations = checkInvariants(evidenceOf(changes));
    expect(violations).toContainEqual(
      typeof violation === 'string' ? violation : (expect.stringMatching(violation) as string),
    );
  });

  it.each([
    fault('kill', 'worker 1', [1, 2]),
    fault('freeze owner', 'pending-emails', [-1, 1]),
    fault('refuse', 'database', [-20, -5]),
  ])('allow an email twice if a fault came between it and its record: $kind $target', (during) => {
    expect(checkInvariants(evidenceOf({ ...twice('mails'), faults: [during] }))).toEqual([]);
  });

  it('allow an email to an erased person that was under way, and one that a fault delayed', () => {
    const soon = toLeaver({ createdAfterS: -1, arrivedAfterS: 5 });
    expect(checkInvariants(evidenceOf(soon))).toEqual([]);
    const delayed = toLeaver({ createdAfterS: -1, arrivedAfterS: 100 });
    // The erasure follows the arrival of the other emails by 60 s.
    const faults = [fault('silence', 'mail server', [50, 150])];
    expect(checkInvariants(evidenceOf({ ...delayed, faults }))).toEqual([]);
  });

  it('allow an order of an erased person that was cancelled before its payment', () => {
    const orders = kept.orders.map((order) =>
      order.id === 'o6' ? { ...order, status: 'cancelled' } : order,
    );
    const charges = kept.charges.filter(({ orderId }) => orderId !== 'o6');
    expect(checkInvariants(evidenceOf({ orders, charges }))).toEqual([]);
  });
});

describe('the invariants of histories', () => {
  const history = {
    jobId: 'process-order:o1',
    failedTasks: [],
    completed: new Map([['fulfilOrder', 1]]),
    replayFailure: null,
  };

  it('accept steps that completed once, and races that the engine resolves', () => {
    expect(checkHistories([{ ...history, failedTasks: ['UNHANDLED_COMMAND'] }])).toEqual([]);
  });

  it('detect a workflow task that failed because of other steps, or because the code threw', () => {
    const failedTasks = ['NON_DETERMINISTIC_ERROR', 'WORKFLOW_WORKER_UNHANDLED_FAILURE'];
    expect(checkHistories([{ ...history, failedTasks }])).toEqual([
      'a workflow task of process-order:o1 failed: NON_DETERMINISTIC_ERROR',
      'a workflow task of process-order:o1 failed: WORKFLOW_WORKER_UNHANDLED_FAILURE',
    ]);
  });

  it('detect a history that does not replay', () => {
    expect(checkHistories([{ ...history, replayFailure: 'No command scheduled for event 13' }])).toEqual([
      'the history of process-order:o1 does not replay: No command scheduled for event 13',
    ]);
  });

  it('detect a step that completed twice', () => {
    expect(checkHistories([{ ...history, completed: new Map([['fulfilOrder', 2]]) }])).toEqual([
      'process-order:o1 completed fulfilOrder 2 times',
    ]);
  });
});
