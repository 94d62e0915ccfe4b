import type { Accepted } from './accepted.ts';
import type { FeltFault } from './faults/run-faults.ts';

/** What is found after a round: at the payment provider, in the inbox, in the tables, in the histories, and at the API. */
export interface Evidence {
  accepted: Accepted;
  /** The faults of the round, with their real times. */
  faults: readonly FeltFault[];
  /** Money that the provider took. */
  charges: { orderId: string; amountMinor: number; refundedMinor: number }[];
  /** Money that the provider sent back, one for each refund. */
  refunds: { orderId: string; amountMinor: number }[];
  /** Emails in the inbox, with the time of their arrival. */
  mails: { messageId: string; to: string; at: Date }[];
  userIds: string[];
  orders: { id: string; status: string }[];
  /** Rows of emails; `isNew` says that the row belongs to this round. */
  emails: {
    key: string;
    recipient: string;
    messageId: string;
    status: string;
    createdAt: Date;
    isNew: boolean;
  }[];
  /** People who should be erased: when they were, and the tables that still contain their address or name. */
  leavers: { userId: string; erasedAt: Date | null; tables: string[] }[];
  workItems: { id: string; status: string; isLeased: boolean }[];
  /** Stock levels with their level at the beginning of the run, and the ledger of all their changes. */
  stock: { sku: string; initial: number; available: number }[];
  ledger: { workItemId: string; sku: string; delta: number }[];
  bulkJobs: { id: string; status: string; total: number; done: number; failed: number }[];
  /** Items of bulk jobs, counted by status and attempts. */
  bulkItems: { bulkJobId: string; status: string; attempts: number; count: number }[];
  /** Products that were written more than once. */
  repeatedProducts: string[];
  /** Starts of jobs that are due and were not made, and starts that no one will make. */
  unmadeStarts: { jobId: string; state: 'open' | 'dead' }[];
  /** Messages that are on their way, and dead letters. */
  messages: { unpublished: number; undelivered: number; deadLetters: number };
  /** Every job whose start was accepted, as the API presents it. */
  jobs: { id: string; status: string; why: string; sentence: string }[];
  /** Runs in the engine that belong to this round, by job. */
  runs: { jobId: string; type: string; status: string }[];
  /** The API's readiness, and each worker's: the checks that fail. */
  unready: string[];
  services: { id: string; state: string }[];
}
