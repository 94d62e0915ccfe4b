import { sql } from 'kysely';
import type { Trx } from '../database/connect.ts';

/** A response that can be sent again. */
export interface StoredResponse {
  status: number;
  headers: Record<string, string>;
  body: unknown;
}

/** What a claimed idempotency key turned out to be. */
export type KeyClaim =
  { status: 'new' } | { status: 'replay'; response: StoredResponse } | { status: 'reused' };

/** How long a key is remembered. */
const KEEP_HOURS = 24;

interface IdempotencyKey {
  /** The route, and the caller if it is known: keys of different routes or callers do not collide. */
  scope: string;
  key: string;
  /** Fingerprint of the request's body. */
  fingerprint: string;
  /** How releases up to 0.1 stored the key: by the route only, with a different fingerprint. */
  earlier: { scope: string; fingerprint: string };
}

/**
 * Claims a key in the caller's transaction. If another request holds it, this waits for the end of that request: after a commit its
 * response is replayed, after a rollback the key is new again.
 */
export async function claimKey(
  trx: Trx,
  { scope, key, fingerprint, earlier }: IdempotencyKey,
): Promise<KeyClaim> {
  const kept = await findKept(trx, { key, scope: earlier.scope });
  if (kept) return meaningOf(kept, [fingerprint, earlier.fingerprint]);
  const expiresAt = sql<Date>`now() + make_interval(hours => ${KEEP_HOURS})`;
  const claimed = await trx
    .insertInto('idempotencyKeys')
    .values({ scope, key, fingerprint, response: null, expiresAt })
    .onConflict((conflict) =>
      conflict
        .columns(['scope', 'key'])
        .doUpdateSet({ fingerprint, response: null, expiresAt, createdAt: sql<Date>`now()` })
        .where('idempotencyKeys.expiresAt', '<=', sql<Date>`now()`),
    )
    .returning('key')
    .executeTakeFirst();
  if (claimed) return { status: 'new' };

  const existing = await trx
    .selectFrom('idempotencyKeys')
    .select(['fingerprint', 'response'])
    .where('scope', '=', scope)
    .where('key', '=', key)
    .executeTakeFirstOrThrow();
  return meaningOf(existing, [fingerprint]);
}

interface KeptKey {
  fingerprint: string;
  response: unknown;
}

/** Returns a committed key that has not expired. */
async function findKept(
  trx: Trx,
  { scope, key }: Pick<IdempotencyKey, 'scope' | 'key'>,
): Promise<KeptKey | undefined> {
  return trx
    .selectFrom('idempotencyKeys')
    .select(['fingerprint', 'response'])
    .where('scope', '=', scope)
    .where('key', '=', key)
    .where('expiresAt', '>', sql<Date>`now()`)
    .executeTakeFirst();
}

function meaningOf({ fingerprint, response }: KeptKey, fingerprints: readonly string[]): KeyClaim {
  if (!fingerprints.includes(fingerprint)) return { status: 'reused' };
  return { status: 'replay', response: response as StoredResponse };
}

/** Stores the response to a claimed key, in the transaction that the response reports on. */
export async function storeResponse(
  trx: Trx,
  { scope, key }: IdempotencyKey,
  response: StoredResponse,
): Promise<void> {
  await trx
    .updateTable('idempotencyKeys')
    .set({ response: JSON.stringify(response) })
    .where('scope', '=', scope)
    .where('key', '=', key)
    .execute();
}
