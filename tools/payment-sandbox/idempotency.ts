import { StripeFailure } from './errors.ts';
import type { Ledger, SavedAnswer } from './ledger.ts';

/** A call that carries an idempotency key. Each API key stands for an account of its own. */
export type KeyedCall = { account: string; key: string; fingerprint: string };

/**
 * Which keys are in use right now, and which have an answer already. The rules are those of
 * docs.stripe.com/api/idempotent_requests; the codes those of docs.stripe.com/error-codes.
 */
export class IdempotencyKeys {
  readonly #ledger: Ledger;
  readonly #inUse = new Set<string>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** The answer to give again, if there is one. A key that was used for another request is an error. */
  replay(call: KeyedCall): SavedAnswer | undefined {
    const saved = this.#ledger.findAnswer(call.account, call.key);
    if (saved && saved.fingerprint !== call.fingerprint) {
      throw new StripeFailure(400, {
        type: 'idempotency_error',
        message: `The idempotency key '${call.key}' was used for another request: the URL and parameters must be the same.`,
      });
    }
    return saved;
  }

  /** Whether a call with this key is executing. */
  isInUse(call: KeyedCall): boolean {
    return this.#inUse.has(`${call.account} ${call.key}`);
  }

  /** Holds the key while its call executes, and returns what releases it. A second call meanwhile is a conflict. */
  hold(call: KeyedCall): () => void {
    const id = `${call.account} ${call.key}`;
    if (this.isInUse(call)) {
      throw new StripeFailure(
        409,
        {
          // No `idempotency_error`, going by woocommerce/woocommerce-gateway-stripe#503; Stripe names only the code.
          type: 'invalid_request_error',
          code: 'idempotency_key_in_use',
          message: `Another request with the idempotency key '${call.key}' is still executing.`,
        },
        { headers: { 'Stripe-Should-Retry': 'true' } },
      );
    }
    this.#inUse.add(id);
    return () => this.#inUse.delete(id);
  }
}

/** What has to be the same for a key to be used again: method, path and parameters, in whatever order. */
export function fingerprintOf(method: string, path: string, input: unknown): string {
  return `${method} ${path} ${JSON.stringify(input ?? {}, sortKeys)}`;
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
