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
  // In SQL, because each accepted request makes it, and a query builder takes several times as long.
  const { rows } = await sql`
    INSERT INTO idempotency_keys (scope, key, fingerprint, expires_at)
    SELECT ${scope}, ${key}, ${fingerprint}, now() + make_interval(hours => ${KEEP_HOURS})
    WHERE NOT EXISTS (
      SELECT FROM idempotency_keys WHERE scope = ${earlier.scope} AND key = ${key} AND expires_at > now())
    ON CONFLICT (scope, key) DO UPDATE
    SET fingerprint = excluded.fingerprint, response = NULL, expires_at = excluded.expires_at, created_at = now()
    WHERE idempotency_keys.expires_at <= now()
    RETURNING key`.execute(trx);
  if (rows.length > 0) return { status: 'new' };

  const kept = await findKept(trx, { key, scope: earlier.scope });
  if (kept) return meaningOf(kept, [fingerprint, earlier.fingerprint]);
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
  await sql`
    UPDATE idempotency_keys SET response = ${JSON.stringify(response)} WHERE scope = ${scope} AND key = ${key}`.execute(
    trx,
  );
}
