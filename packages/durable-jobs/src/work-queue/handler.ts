import type { Db, Trx } from '../database/connect.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Mailer } from '../mail/mailer.ts';
import type { PaymentProvider } from '../../../../domain/payments/provider.ts';

/** What handlers call that is outside of our database. */
export interface WorkItemDeps {
  mailer: Mailer;
  payments: PaymentProvider;
}

/** One attempt at an item. */
export interface WorkContext {
  /** The same for every attempt: the key of an effect outside our database. */
  workItemId: string;
  /** Counted from 1. */
  attempt: number;
  /** Aborts when the attempt is given up: it took too long, its lease is lost, or the worker stops. */
  signal: AbortSignal;
  logger: Logger;
}

/** What came of an item, for those who ask. Ids and figures rather than personal data. */
export type WorkResult = Record<string, string | number | boolean | null>;

/**
 * Does an item of one kind; contracts/work-items.ts has its name, its payload and its policy. What it returns is kept as the item's
 * result. Where it throws, the item is tried again by its kind's policy, or dead at once for a `WorkError` that is permanent.
 */
export type WorkHandler<Payload> = TransactionalWork<Payload> | OutsideWork<Payload>;

/**
 * Work in our database alone. What it writes through `trx` and the item's completion are one commit, so it happens once. Where it
 * throws, all of that is undone.
 */
export type TransactionalWork<Payload> = (
  trx: Trx,
  payload: Payload,
  context: WorkContext,
) => Promise<WorkResult | undefined>;

/** Work that calls another service, which no transaction may wait for. */
export interface OutsideWork<Payload> {
  /**
   * Does the item outside of any transaction. It is repeated where its process died before the completion was committed, so what it
   * does must be safe to repeat.
   */
  perform: (
    payload: Payload,
    context: WorkContext & { db: Db; deps: WorkItemDeps },
  ) => Promise<WorkResult | undefined>;
}
