import type { ColumnType, Generated, JSONColumnType, Transaction } from 'kysely';
import type { OrderStatus } from '../orders/order-status.ts';
import type { CreatedAt, DbOf, LibraryDatabase } from 'durable-jobs/database';

/** Kysely types of the library's tables and the shop's own. The migrations create the tables. */
export interface Database extends LibraryDatabase {
  users: {
    id: Generated<string>;
    email: string;
    name: string;
    passwordHash: string;
    createdAt: CreatedAt;
    updatedAt: CreatedAt;
    /** When the person was erased; since then, nothing in the row is theirs. */
    erasedAt: Date | null;
  };
  passwordResets: {
    id: Generated<string>;
    email: string;
    /** Business key of the job that sends it; null in rows from earlier releases. */
    accountKey: string | null;
    requestedAt: CreatedAt;
    tokenHash: string | null;
    expiresAt: Date | null;
    sentAt: Date | null;
    usedAt: Date | null;
    supersededAt: Date | null;
  };
  orders: {
    id: Generated<string>;
    userId: string;
    currency: string;
    amountMinor: number;
    status: Generated<OrderStatus>;
    paymentIntentId: string | null;
    failureCode: string | null;
    failureMessage: string | null;
    refundId: string | null;
    refundedMinor: Generated<number>;
    refundedAt: Date | null;
    /** The number of the order's payment, counted from 1: keys at the provider contain it. */
    paymentRound: Generated<number>;
    /** Set when the current payment can take no more money, and the money that it took is refunded. */
    paymentReturnedAt: Date | null;
    createdAt: CreatedAt;
    updatedAt: CreatedAt;
    paidAt: Date | null;
  };
  /** Payments of orders that were reopened, before the current one. */
  orderPaymentRounds: {
    orderId: string;
    round: number;
    paymentIntentId: string | null;
    failureCode: string | null;
    failureMessage: string | null;
    refundId: string | null;
    refundedMinor: number;
    refundedAt: Date | null;
    returnedAt: Date;
    reopenedAt: CreatedAt;
  };
  /** Orders whose price was changed, until the payment provider is known to have the new amount. */
  orderRepricings: {
    orderId: string;
    /** Identifies a change of price: the process that completes it checks that it is still the newest. */
    token: Generated<string>;
    beganAt: CreatedAt;
    /** The previous prices of the changed lines, by line. */
    formerPrices: JSONColumnType<Record<string, number>>;
  };
  orderItems: { orderId: string; line: number; sku: string; quantity: number; unitAmountMinor: number };
  orderPaymentMethods: {
    orderId: string;
    revision: number;
    paymentMethod: string;
    createdAt: CreatedAt;
  };
  paymentAttempts: {
    orderId: string;
    revision: number;
    attempt: number;
    startedAt: CreatedAt;
    endedAt: Date | null;
    outcome: 'succeeded' | 'declined' | 'failed' | null;
    errorCode: string | null;
    errorMessage: string | null;
  };
  stockLevels: { sku: string; available: number };
  stockReservations: { orderId: string; sku: string; quantity: number };
  reports: {
    id: Generated<string>;
    kind: 'daily';
    /** `YYYY-MM-DD`: select it as text, because the driver converts it to a Date. */
    day: ColumnType<Date, string, never>;
    data: JSONColumnType<object>;
    createdAt: CreatedAt;
    compiledAt: CreatedAt;
  };
  /** A materialized view of one row. */
  statistics: {
    id: ColumnType<number, never, never>;
    refreshedAt: ColumnType<Date, never, never>;
    figures: ColumnType<unknown, never, never>;
  };
  products: {
    sku: string;
    name: string;
    unitAmountMinor: number;
    currency: string;
    updatedAt: CreatedAt;
  };
  stockLedger: {
    workItemId: string;
    sku: string;
    delta: number;
    levelAfter: number;
    reason: string;
    createdAt: CreatedAt;
  };
  /** One row. */
  invoiceNumbers: { lastNumber: number };
  invoices: {
    orderId: string;
    number: number;
    currency: string;
    amountMinor: number;
    issuedAt: CreatedAt;
    document: string;
  };
  reconciliations: {
    id: string;
    jobId: string;
    status: Generated<'running' | 'completed' | 'failed' | 'cancelled'>;
    windowStart: Date;
    startedAt: CreatedAt;
    endedAt: Date | null;
    payments: Generated<number>;
    refunds: Generated<number>;
    orders: Generated<number>;
    found: Generated<number>;
    repaired: Generated<number>;
    resolved: Generated<number>;
    open: Generated<number>;
  };
  providerPayments: {
    intentId: string;
    orderId: string | null;
    status: 'succeeded' | 'open' | 'released' | 'missing';
    amountMinor: number;
    receivedMinor: number;
    currency: string;
    createdAt: Date | null;
    seenAt: CreatedAt;
  };
  providerRefunds: {
    refundId: string;
    intentId: string;
    amountMinor: number;
    effective: boolean;
    createdAt: Date;
    seenAt: CreatedAt;
  };
  findings: {
    id: Generated<string>;
    source: 'payments' | 'maintenance';
    kind: string;
    subject: string;
    orderId: string | null;
    details: JSONColumnType<Record<string, string | number | null>>;
    repair: string | null;
    firstRunId: string;
    lastRunId: string;
    firstSeenAt: CreatedAt;
    lastSeenAt: CreatedAt;
    resolvedAt: Date | null;
  };
  reconciliationFindings: { reconciliationId: string; findingId: string };
  archivedPaymentAttempts: {
    orderId: string;
    revision: number;
    attempt: number;
    startedAt: Date;
    endedAt: Date | null;
    outcome: 'succeeded' | 'declined' | 'failed' | null;
    errorCode: string | null;
    errorMessage: string | null;
    archivedAt: CreatedAt;
  };
  orderMessages: { orderId: string; messageId: string; receivedAt: CreatedAt };
}

/** The database, outside or inside a transaction. */
export type Db = DbOf<Database>;
/** A transaction that is in progress. */
export type Trx = Transaction<Database>;
