import type { ColumnType, Generated, GeneratedAlways, JSONColumnType } from 'kysely';
import type { Role } from '../access/roles.ts';

/** A timestamp that the database fills in where an insert leaves it out. */
type CreatedAt = ColumnType<Date, Date | undefined, Date>;

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

/** Where an email is; `withdrawn` is one that was not sent because it was not true any more. */
export type EmailStatus = (typeof emailStatuses)[number];
export const emailStatuses = ['pending', 'sent', 'dead', 'withdrawn'] as const;

/** Where a work item is: waiting for its time or a worker, under a lease, done, or given up until an operator requeues it. */
export type WorkItemStatus = 'pending' | 'running' | 'completed' | 'dead';

/** What goes with a message besides its body, as the tables of messages keep it. */
interface MessageColumns {
  queue: string;
  message_id: string | null;
  correlation_id: string | null;
  content_type: string | null;
  properties: JSONColumnType<MessageProperties, string | undefined>;
  body: Buffer;
}

/** Application properties of a message. */
export type MessageProperties = Record<string, string | number | boolean>;

/** Where a run that is started again comes from. */
export interface RetryOrigin {
  /** The run that has ended. */
  runId: string;
  businessKey: string;
  /** ISO 8601: the time that the run was for, which its repetition is for too. */
  nominalTime: string;
}

/** The tables, as Kysely sees them; the migrations are what makes them. */
export interface Database {
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
  emails: {
    id: Generated<string>;
    key: Generated<string>;
    template: Generated<string>;
    user_id: string | null;
    recipient: string;
    message_id: Generated<string>;
    status: Generated<EmailStatus>;
    attempts: Generated<number>;
    last_error: string | null;
    created_at: CreatedAt;
    sent_at: Date | null;
    /** Who sends it: the job that wrote it, or the service `pending-emails`. */
    sender: Generated<'job' | 'service'>;
    /** What the service sends; an email of a job is made of its template. */
    subject: string | null;
    body_text: string | null;
    body_html: string | null;
    next_attempt_at: CreatedAt;
    leased_until: Date | null;
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
  outbox: {
    id: Generated<number>;
    job_type: string;
    /** Null until the relay has checked a start that SQL committed. */
    job_id: ColumnType<string | null, string, string>;
    input: JSONColumnType<object>;
    /** Replaces the business key that the job makes of its input. */
    dedupe_key: string | null;
    start_at: Date | null;
    /** Set where it starts a run again that has ended. */
    retry: JSONColumnType<RetryOrigin | null, string | null, string | null>;
    request_id: string | null;
    traceparent: string | null;
    attempts: Generated<number>;
    last_error: string | null;
    created_at: CreatedAt;
    next_attempt_at: Date;
    /** When the engine started what was meant, or gave it to the run that is open. */
    dispatched_at: Date | null;
    /** What became of the start; null while it is still to be made, and in rows from before this was recorded. */
    outcome: 'started' | 'delivered' | 'exists' | 'withdrawn' | 'dead' | 'discarded' | null;
    /** The run that the start made, reached or met; while it is still to be made, the run whose end it waits for. */
    run_id: string | null;
    /** When the start was withdrawn; what was under way to the engine by then may still have come to it. */
    withdrawn_at: Date | null;
    /** When it was certain that the start is not made. */
    dropped_at: Date | null;
    /** Whether type and input were checked; false where SQL committed the start and the relay has yet to check it. */
    is_checked: Generated<boolean>;
    /** Since when the start can't be made. */
    refused_at: Date | null;
    /** Why it is dead, and why an operator discarded it. */
    dead_code: string | null;
    discard_reason: string | null;
  };
  schedule_turns: {
    schedule_id: string;
    holder: string | null;
    held_until: Date;
    last_triggered_at: Date | null;
  };
  /** Runs that were started again; `new_run_id` is null until the engine has started it. */
  job_retries: {
    job_id: string;
    run_id: string;
    new_run_id: string | null;
    reason: string | null;
    requested_at: CreatedAt;
  };
  idempotency_keys: {
    scope: string;
    key: string;
    fingerprint: string;
    response: JSONColumnType<object> | null;
    created_at: CreatedAt;
    expires_at: Date;
  };
  failed_attempts: {
    job_id: string;
    run_id: string;
    activity_id: string;
    activity_type: string;
    attempt: number;
    started_at: Date;
    ended_at: Date;
    error_code: string;
    error_message: string;
  };
  failing_activities: {
    run_id: string;
    activity_id: string;
    job_id: string;
    job_type: string;
    activity_type: string;
    attempt: number;
    failed_at: Date;
    error_code: string;
    error_message: string;
    /** Of the run in the list of those that fail. */
    place: number;
    checked_at: Generated<Date>;
  };
  moved_starts: {
    run_id: string;
    job_id: string;
    place: GeneratedAlways<number>;
    moved_at: Generated<Date>;
  };
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
  bulk_jobs: {
    id: Generated<string>;
    task: string;
    /** The named query that its items came from; null where they were sent. */
    query: string | null;
    /** What asked for it, where the same must not make a second one. */
    origin_key: string | null;
    status: Generated<'queued' | 'running' | 'paused' | 'completed' | 'cancelled'>;
    total: Generated<number>;
    done: Generated<number>;
    failed: Generated<number>;
    created_at: CreatedAt;
    started_at: Date | null;
    ended_at: Date | null;
    /** When, and from how many items on, its present speed is measured. */
    rate_since: Date | null;
    rate_base: Generated<number>;
  };
  /** Uploads whose bulk job is still to be made: their items are in `bulk_items` already. */
  bulk_uploads: {
    /** The id that the bulk job will have. */
    id: string;
    /** How many items it has: those at the positions below. */
    received: Generated<number>;
    /** Until when it lives unless its process renews it. */
    lease_expires_at: Date;
    /** When it was given up: nothing is added to it any more, and its items are deleted. */
    abandoned_at: Date | null;
  };
  bulk_items: {
    /** Of a bulk job, or an upload. */
    bulk_job_id: string;
    position: number;
    payload: JSONColumnType<object>;
    status: Generated<'pending' | 'done' | 'failed'>;
    attempts: Generated<number>;
    error_code: string | null;
    error_message: string | null;
  };
  work_items: {
    id: Generated<string>;
    kind: string;
    payload: JSONColumnType<object>;
    status: Generated<WorkItemStatus>;
    /** Attempts that were begun since it was enqueued, or requeued. */
    attempts: Generated<number>;
    not_before: CreatedAt;
    lease_token: string | null;
    lease_expires_at: Date | null;
    /** When it may be claimed. */
    due_at: ColumnType<Date, never, never>;
    last_error_code: string | null;
    last_error_message: string | null;
    last_error_at: Date | null;
    /** One item a kind and key. */
    dedupe_key: string | null;
    result: JSONColumnType<object> | null;
    created_at: CreatedAt;
    started_at: Date | null;
    ended_at: Date | null;
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
  hosted_services: {
    id: string;
    worker: string | null;
    started_at: Date | null;
    ended_at: Date | null;
    busy: Generated<boolean>;
    processed: Generated<number>;
    failed: Generated<number>;
    last_activity_at: Date | null;
    last_error: string | null;
    last_error_at: Date | null;
    paused_at: Date | null;
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
  subject_keys: {
    id: string;
    subject: string;
    ring_key_id: string;
    wrapped_key: Buffer | null;
    created_at: CreatedAt;
    destroyed_at: Date | null;
  };
  payload_keys: {
    id: string;
    fingerprint: string;
    first_used_at: CreatedAt;
    last_used_at: Generated<Date>;
  };
  api_keys: {
    id: string;
    name: string;
    role: Role;
    secret_hash: string;
    created_at: CreatedAt;
    last_used_at: Date | null;
    expires_at: Date | null;
    revoked_at: Date | null;
  };
  audit_entries: {
    id: Generated<string>;
    at: CreatedAt;
    actor_id: string;
    actor_name: string;
    target: string;
    action: string | null;
    params: ColumnType<Record<string, string>, string | undefined, string>;
    reason: string | null;
    request_id: string | null;
    outcome: 'done' | 'refused' | 'failed' | null;
    status: number | null;
    problem_code: string | null;
    ended_at: Date | null;
  };
  outgoing_messages: MessageColumns & {
    id: Generated<number>;
    refusals: Generated<number>;
    last_error: string | null;
    created_at: CreatedAt;
    next_attempt_at: CreatedAt;
    published_at: Date | null;
  };
  queued_messages: MessageColumns & {
    id: Generated<number>;
    status: Generated<'ready' | 'leased' | 'accepted' | 'dead'>;
    visible_at: CreatedAt;
    lease: string | null;
    dead_reason: string | null;
    queued_at: CreatedAt;
    settled_at: Date | null;
  };
  order_messages: { order_id: string; message_id: string; received_at: CreatedAt };
  message_failures: {
    queue: string;
    message_key: string;
    failures: Generated<number>;
    last_failed_at: CreatedAt;
  };
  dead_letters: MessageColumns & {
    id: Generated<string>;
    digest: string;
    reason_code: string;
    reason: string;
    times: Generated<number>;
    status: Generated<'open' | 'requeued' | 'discarded'>;
    first_seen_at: CreatedAt;
    last_seen_at: CreatedAt;
    resolved_at: Date | null;
    discard_reason: string | null;
  };
}
