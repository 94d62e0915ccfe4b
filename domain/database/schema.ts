import type { ColumnType, Generated, JSONColumnType, Transaction } from 'kysely';
import type { CreatedAt, DbOf, LibraryDatabase } from 'durable-jobs/database';

/**
 * Where an order is: before its money (`pending`, `awaiting_payment_method`), with it (`paid`), on its way back
 * (`refunding`), or closed.
 */
export type OrderStatus =
  | 'pending'
  | 'awaiting_payment_method'
  | 'paid'
  | 'completed'
  | 'payment_failed'
  | 'cancelled'
  | 'refunding'
  | 'refunded';

/** Statuses after which nothing more happens to an order. */
export const closedOrderStatuses: readonly OrderStatus[] = [
  'completed',
  'payment_failed',
  'cancelled',
  'refunded',
];

/** The library's tables and the shop's own, as Kysely sees them; the migrations are what makes them. */
export interface Database extends LibraryDatabase {
  users: {
    id: Generated<string>;
    email: string;
    name: string;
    password_hash: string;
    created_at: CreatedAt;
    updated_at: CreatedAt;
    /** When the person was erased: nothing in the row is theirs since. */
    erased_at: Date | null;
  };
  password_resets: {
    id: Generated<string>;
    email: string;
    /** Business key of the job that sends it; null in rows from before it was kept. */
    account_key: string | null;
    requested_at: CreatedAt;
    token_hash: string | null;
    expires_at: Date | null;
    sent_at: Date | null;
    used_at: Date | null;
    superseded_at: Date | null;
  };
  orders: {
    id: Generated<string>;
    user_id: string;
    currency: string;
    amount_minor: number;
    status: Generated<OrderStatus>;
    payment_intent_id: string | null;
    failure_code: string | null;
    failure_message: string | null;
    refund_id: string | null;
    refunded_minor: Generated<number>;
    refunded_at: Date | null;
    /** Counts the payments that were begun for it: the keys at the provider are of one round. */
    payment_round: Generated<number>;
    /** Set once the present payment can take no money any more, and what it took is refunded. */
    payment_returned_at: Date | null;
    created_at: CreatedAt;
    updated_at: CreatedAt;
    paid_at: Date | null;
  };
  /** Payments of orders that were reopened, before the present one. */
  order_payment_rounds: {
    order_id: string;
    round: number;
    payment_intent_id: string | null;
    failure_code: string | null;
    failure_message: string | null;
    refund_id: string | null;
    refunded_minor: number;
    refunded_at: Date | null;
    returned_at: Date;
    reopened_at: CreatedAt;
  };
  /** Orders whose price was changed, until the payment provider is known to have the new amount. */
  order_repricings: {
    order_id: string;
    /** Names one change of price: the process that finishes it checks that it is still the newest. */
    token: Generated<string>;
    began_at: CreatedAt;
    /** The prices of the changed lines before, by line. */
    former_prices: JSONColumnType<Record<string, number>>;
  };
  order_items: { order_id: string; line: number; sku: string; quantity: number; unit_amount_minor: number };
  order_payment_methods: {
    order_id: string;
    revision: number;
    payment_method: string;
    created_at: CreatedAt;
  };
  payment_attempts: {
    order_id: string;
    revision: number;
    attempt: number;
    started_at: CreatedAt;
    ended_at: Date | null;
    outcome: 'succeeded' | 'declined' | 'failed' | null;
    error_code: string | null;
    error_message: string | null;
  };
  stock_levels: { sku: string; available: number };
  stock_reservations: { order_id: string; sku: string; quantity: number };
  reports: {
    id: Generated<string>;
    kind: 'daily';
    /** `YYYY-MM-DD`: select it as text, as the driver makes a Date of it. */
    day: ColumnType<Date, string, never>;
    data: JSONColumnType<object>;
    created_at: CreatedAt;
    compiled_at: CreatedAt;
  };
  /** A materialized view of one row. */
  statistics: {
    id: ColumnType<number, never, never>;
    refreshed_at: ColumnType<Date, never, never>;
    figures: ColumnType<unknown, never, never>;
  };
  products: {
    sku: string;
    name: string;
    unit_amount_minor: number;
    currency: string;
    updated_at: CreatedAt;
  };
  stock_ledger: {
    work_item_id: string;
    sku: string;
    delta: number;
    level_after: number;
    reason: string;
    created_at: CreatedAt;
  };
  /** One row. */
  invoice_numbers: { last_number: number };
  invoices: {
    order_id: string;
    number: number;
    currency: string;
    amount_minor: number;
    issued_at: CreatedAt;
    document: string;
  };
  reconciliations: {
    id: string;
    job_id: string;
    status: Generated<'running' | 'completed' | 'failed' | 'cancelled'>;
    window_start: Date;
    started_at: CreatedAt;
    ended_at: Date | null;
    payments: Generated<number>;
    refunds: Generated<number>;
    orders: Generated<number>;
    found: Generated<number>;
    repaired: Generated<number>;
    resolved: Generated<number>;
    open: Generated<number>;
  };
  provider_payments: {
    intent_id: string;
    order_id: string | null;
    status: 'succeeded' | 'open' | 'released' | 'missing';
    amount_minor: number;
    received_minor: number;
    currency: string;
    created_at: Date | null;
    seen_at: CreatedAt;
  };
  provider_refunds: {
    refund_id: string;
    intent_id: string;
    amount_minor: number;
    effective: boolean;
    created_at: Date;
    seen_at: CreatedAt;
  };
  findings: {
    id: Generated<string>;
    source: 'payments' | 'maintenance';
    kind: string;
    subject: string;
    order_id: string | null;
    details: JSONColumnType<Record<string, string | number | null>>;
    repair: string | null;
    first_run_id: string;
    last_run_id: string;
    first_seen_at: CreatedAt;
    last_seen_at: CreatedAt;
    resolved_at: Date | null;
  };
  reconciliation_findings: { reconciliation_id: string; finding_id: string };
  archived_payment_attempts: {
    order_id: string;
    revision: number;
    attempt: number;
    started_at: Date;
    ended_at: Date | null;
    outcome: 'succeeded' | 'declined' | 'failed' | null;
    error_code: string | null;
    error_message: string | null;
    archived_at: CreatedAt;
  };
  order_messages: { order_id: string; message_id: string; received_at: CreatedAt };
}

/** The database, outside or inside a transaction. */
export type Db = DbOf<Database>;
/** A transaction that is under way. */
export type Trx = Transaction<Database>;
