import type { Accepted } from './accepted.ts';

/** What is found after a round: at the payment provider, in the inbox, in the tables, in the histories, and at the API. */
export interface Evidence {
  accepted: Accepted;
  /** Whether a fault of the round can have come between the acceptance of an email by its server and the record of that. */
  mayRepeatEmails: boolean;
  /** Money that the provider took. */
  charges: { orderId: string; amountMinor: number; refundedMinor: number }[];
  /** Emails in the inbox. */
  mails: { messageId: string; to: string }[];
  userIds: string[];
  orders: { id: string; status: string }[];
  /** Rows of emails; `isNew` says that the row belongs to this round. */
  emails: { key: string; recipient: string; messageId: string; status: string; isNew: boolean }[];
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
