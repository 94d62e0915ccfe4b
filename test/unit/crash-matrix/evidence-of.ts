import { nothingAccepted } from '../../crash/matrix/accepted.ts';
import type { Evidence } from '../../crash/matrix/evidence.ts';

/** When every email arrived, and when a person was erased afterwards. */
export const ARRIVED_AT = new Date('2030-01-01T09:00:00Z');
export const ERASED_AT = new Date('2030-01-01T09:01:00Z');

/** The evidence of a round in which every kind of work was accepted and every promise was kept, with changes. */
export function evidenceOf(changes: Partial<Evidence> = {}): Evidence {
  return {
    accepted: {
      ...nothingAccepted(),
      registrations: [{ userId: 'u1', email: 'u1@example.com', jobId: 'send-welcome-email:u1' }],
      passwordResets: [{ email: 'u1@example.com', requests: 1 }],
      orders: [
        { orderId: 'o1', amountMinor: 450, ends: 'completed' },
        { orderId: 'o2', amountMinor: 300, ends: 'awaiting_payment_method' },
        { orderId: 'o4', amountMinor: 500, ends: 'cancelled' },
        { orderId: 'o5', amountMinor: 600, ends: 'refunded' },
      ],
      messages: [{ orderId: 'o3', amountMinor: 200, ends: 'completed' }],
      workItems: [{ id: 'w1', sku: 'tea', delta: 2 }],
      emails: [{ key: 'e1', recipient: 'e1@example.com' }],
      bulkJobs: [{ id: 'b1', jobId: 'process-bulk:b1', total: 3 }],
      triggers: [{ scheduleId: 'refresh-cache', jobId: 'refresh-cache-1' }],
      erasures: [
        {
          userId: 'u2',
          email: 'u2@example.com',
          jobId: 'erase-subject:u2',
          order: { orderId: 'o6', amountMinor: 700 },
        },
      ],
    },
    faults: [],
    charges: [
      { orderId: 'o1', amountMinor: 450, refundedMinor: 0 },
      { orderId: 'o3', amountMinor: 200, refundedMinor: 0 },
      { orderId: 'o5', amountMinor: 600, refundedMinor: 600 },
      { orderId: 'o6', amountMinor: 700, refundedMinor: 0 },
    ],
    refunds: [{ orderId: 'o5', amountMinor: 600 }],
    leavers: [{ userId: 'u2', erasedAt: ERASED_AT, tables: [] }],
    userIds: ['u1'],
    orders: [
      { id: 'o1', status: 'completed' },
      { id: 'o2', status: 'awaiting_payment_method' },
      { id: 'o3', status: 'completed' },
      { id: 'o4', status: 'cancelled' },
      { id: 'o5', status: 'refunded' },
      { id: 'o6', status: 'completed' },
    ],
    ...emails(
      ['welcome:u1', 'u1@example.com'],
      ['password-reset:r1', 'u1@example.com'],
      ['order:o1:receipt', 'u1@example.com'],
      ['order:o2:payment-declined:1', 'u1@example.com'],
      ['order:o3:receipt', 'u1@example.com'],
      ['order:o4:cancelled', 'u1@example.com'],
      ['order:o5:refunded', 'u1@example.com'],
      ['e1', 'e1@example.com'],
    ),
    workItems: [{ id: 'w1', status: 'completed', isLeased: false }],
    stock: [{ sku: 'tea', initial: 10, available: 12 }],
    ledger: [{ workItemId: 'w1', sku: 'tea', delta: 2 }],
    bulkJobs: [{ id: 'b1', status: 'completed', total: 3, done: 3, failed: 0 }],
    bulkItems: [{ bulkJobId: 'b1', status: 'done', attempts: 1, count: 3 }],
    repeatedProducts: [],
    unmadeStarts: [],
    messages: { unpublished: 0, undelivered: 0, deadLetters: 0 },
    jobs: [
      job('send-welcome-email:u1'),
      job('process-order:o1'),
      { ...job('process-order:o2', 'waiting'), why: 'waiting_for_payment_method' },
      job('process-order:o3'),
      job('erase-subject:u2'),
      job('process-bulk:b1'),
      job('refresh-cache-1'),
    ],
    runs: [
      { jobId: 'process-order:o1', type: 'processOrder', status: 'COMPLETED' },
      { jobId: 'host-service:work-queue', type: 'hostService', status: 'RUNNING' },
    ],
    unready: [],
    services: [{ id: 'work-queue', state: 'running' }],
    ...changes,
  };
}

function job(id: string, status = 'completed'): Evidence['jobs'][number] {
  return { id, status, why: status, sentence: '' };
}

/** Sent emails, with the rows that describe them. */
function emails(...sent: [key: string, recipient: string][]): Pick<Evidence, 'mails' | 'emails'> {
  return {
    emails: sent.map(([key, recipient]) => ({
      key,
      recipient,
      messageId: `${key}@shop`,
      status: 'sent',
      createdAt: ARRIVED_AT,
      isNew: true,
    })),
    mails: sent.map(([key, to]) => ({ messageId: `${key}@shop`, to, at: ARRIVED_AT })),
  };
}
