import type Stripe from 'stripe';
import { z } from 'zod';

import { Journal, readJournal } from './journal.ts';

/** Money that was really taken. */
export type Charge = {
  id: string;
  paymentIntent: string;
  amountMinor: number;
  currency: string;
  /** The key of the call that took it. */
  idempotencyKey: string | null;
  metadata: Record<string, string>;
  refundedMinor: number;
  createdAt: string;
};

/** Money that was really sent back, with Stripe's object for it. */
export type RefundEntry = {
  id: string;
  object: Stripe.Refund;
  idempotencyKey: string | null;
  createdAt: string;
};

/** The answer that is kept under an idempotency key. */
export type SavedAnswer = {
  account: string;
  key: string;
  fingerprint: string;
  status: number;
  body: object;
  requestId: string;
  savedAtMs: number;
};

/** One thing that becomes true; the changes of one call are committed together. */
export type Change =
  | { kind: 'paymentIntent'; value: Stripe.PaymentIntent }
  | { kind: 'charge'; value: Charge }
  | { kind: 'refund'; value: RefundEntry }
  | { kind: 'answer'; value: SavedAnswer };

/** Stripe lets a key go once it is 24 hours old (docs.stripe.com/api/idempotent_requests). */
const ANSWER_LIFETIME_MS = 24 * 60 * 60 * 1000;

/** All that the sandbox knows: intents, charges, refunds and kept answers, in memory and in a file. */
export class Ledger {
  readonly paymentIntents = new Map<string, Stripe.PaymentIntent>();
  readonly charges = new Map<string, Charge>();
  readonly refunds = new Map<string, RefundEntry>();
  readonly #answers = new Map<string, SavedAnswer>();
  readonly #now: () => Date;
  #journal: Journal | undefined;

  private constructor(now: () => Date) {
    this.#now = now;
  }

  /** Loads the file, or begins it. What is superseded or expired is left out of it on the way. */
  static async open(file: string, now: () => Date): Promise<Ledger> {
    const ledger = new Ledger(now);
    for (const entry of await readJournal(file)) {
      const changes = storedChanges.safeParse(entry);
      if (!changes.success) {
        throw new Error(`${file} is not a payment sandbox's ledger. Delete it, or choose another file.`);
      }
      ledger.#apply(changes.data);
    }
    ledger.#journal = await Journal.create(
      file,
      ledger.#all().map((change) => [change]),
    );
    return ledger;
  }

  /**
   * Makes the changes of one call, in memory at once and on disk when the promise resolves. Calls that change nothing wait as well, since
   * what they saw must be on disk before they tell of it.
   */
  commit(changes: Change[]): Promise<void> {
    this.#apply(changes);
    return this.#open().append(changes.length > 0 ? changes : undefined);
  }

  /** The answer kept under an account's key, unless it has expired. */
  findAnswer(account: string, key: string): SavedAnswer | undefined {
    const answer = this.#answers.get(answerId(account, key));
    return answer && this.#isCurrent(answer) ? answer : undefined;
  }

  /** Forgets everything. */
  async clear(): Promise<void> {
    for (const map of [this.paymentIntents, this.charges, this.refunds, this.#answers]) map.clear();
    await this.#open().clear();
  }

  /** Closes the file when everything is written. */
  async close(): Promise<void> {
    await this.#open().close();
  }

  #open(): Journal {
    if (!this.#journal) throw new Error('The ledger is not open.');
    return this.#journal;
  }

  #apply(changes: Change[]): void {
    for (const change of changes) {
      switch (change.kind) {
        case 'paymentIntent':
          this.paymentIntents.set(change.value.id, change.value);
          break;
        case 'charge':
          this.charges.set(change.value.id, change.value);
          break;
        case 'refund':
          this.refunds.set(change.value.id, change.value);
          break;
        case 'answer':
          this.#answers.set(answerId(change.value.account, change.value.key), change.value);
          break;
      }
    }
  }

  #all(): Change[] {
    return [
      ...[...this.paymentIntents.values()].map((value): Change => ({ kind: 'paymentIntent', value })),
      ...[...this.charges.values()].map((value): Change => ({ kind: 'charge', value })),
      ...[...this.refunds.values()].map((value): Change => ({ kind: 'refund', value })),
      ...[...this.#answers.values()]
        .filter((answer) => this.#isCurrent(answer))
        .map((value): Change => ({ kind: 'answer', value })),
    ];
  }

  #isCurrent(answer: SavedAnswer): boolean {
    return this.#now().getTime() - answer.savedAtMs < ANSWER_LIFETIME_MS;
  }
}

/** A space can't be in an API key, so that two accounts' keys never meet. */
function answerId(account: string, key: string): string {
  return `${account} ${key}`;
}

/** The file is our own: it is enough to tell it from another program's. */
const hasId = (value: unknown) => typeof value === 'object' && value !== null && 'id' in value;
const storedChanges = z.array(
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('paymentIntent'), value: z.custom<Stripe.PaymentIntent>(hasId) }),
    z.object({ kind: z.literal('charge'), value: z.custom<Charge>(hasId) }),
    z.object({ kind: z.literal('refund'), value: z.custom<RefundEntry>(hasId) }),
    z.object({
      kind: z.literal('answer'),
      value: z.object({
        account: z.string(),
        key: z.string(),
        fingerprint: z.string(),
        status: z.int(),
        body: z.custom<object>((value) => typeof value === 'object' && value !== null),
        requestId: z.string(),
        savedAtMs: z.number(),
      }),
    }),
  ]),
);
