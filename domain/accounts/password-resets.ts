import { sql } from 'kysely';
import type { Db, Trx } from '../database/schema.ts';

/** How long a reset token can be used after its email went out. */
export const RESET_TOKEN_MINUTES = 60;

/** Requests of one account that are taken in an hour: enough for people, and too few to flood a mailbox. */
export const RESETS_PER_HOUR = 10;

/**
 * Notes that a reset was requested; undefined where the account has had as many in the last hour as it may. The same
 * statements whether or not an account has that address. The lock lets requests side by side see each other.
 */
export async function insertResetRequest(
  trx: Trx,
  request: { email: string; accountKey: string },
): Promise<{ requestId: string; requestedAt: Date } | undefined> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`password-resets:${request.accountKey}`}, 0))`.execute(
    trx,
  );
  const { recent } = await trx
    .selectFrom('password_resets')
    .select((eb) => eb.fn.countAll<number>().as('recent'))
    .where('account_key', '=', request.accountKey)
    .where('requested_at', '>', sql<Date>`now() - interval '1 hour'`)
    .executeTakeFirstOrThrow();
  if (recent >= RESETS_PER_HOUR) return undefined;
  return (
    trx
      .insertInto('password_resets')
      // Later than those that it waited for, as the newest request is the one whose email goes out.
      .values({
        email: request.email,
        account_key: request.accountKey,
        requested_at: sql<Date>`clock_timestamp()`,
      })
      .returning(['id as requestId', 'requested_at as requestedAt'])
      .executeTakeFirstOrThrow()
  );
}

/** A request whose email may still go out: not sent, used or superseded. */
export async function findOpenResetRequest(
  db: Db,
  requestId: string,
): Promise<{ email: string } | undefined> {
  return openRequests(db).where('id', '=', requestId).executeTakeFirst();
}

function openRequests(db: Db) {
  return db
    .selectFrom('password_resets')
    .select('email')
    .where('sent_at', 'is', null)
    .where('used_at', 'is', null)
    .where('superseded_at', 'is', null);
}

/** Whether an account has a request whose email may still go out. */
export async function hasOpenResetRequest(db: Db, accountKey: string): Promise<boolean> {
  const row = await openRequests(db).where('account_key', '=', accountKey).limit(1).executeTakeFirst();
  return row !== undefined;
}

/** The newest request of an account whose email may still go out, or undefined. */
export async function newestOpenResetRequest(
  db: Db,
  accountKey: string,
): Promise<{ requestId: string; requestedAt: Date } | undefined> {
  return openRequests(db)
    .clearSelect()
    .select(['id as requestId', 'requested_at as requestedAt'])
    .where('account_key', '=', accountKey)
    .orderBy('requested_at', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** Voids an account's requests whose emails have not gone out: all, or those from before a time. */
export async function withdrawResetRequests(db: Db, accountKey: string, before?: Date): Promise<void> {
  await db
    .updateTable('password_resets')
    .set({ superseded_at: new Date() })
    .where('account_key', '=', accountKey)
    .$if(before !== undefined, (query) => query.where('requested_at', '<', before ?? new Date()))
    .where('sent_at', 'is', null)
    .where('used_at', 'is', null)
    .where('superseded_at', 'is', null)
    .execute();
}

/**
 * Decides what the cancellation of a reset job was meant for, given the requests that the job knows. Where an earlier
 * request was voided or used and the newest is open, it was meant for the earlier one, and the newest goes on. Where none was
 * voided, an operator cancelled the job itself, which voids the newest. Repeating it gives the same answer.
 */
export async function settleCancelledReset(
  db: Db,
  requests: { newestId: string; earlierIds: readonly string[] },
): Promise<{ open: boolean }> {
  return db.transaction().execute(async (trx) => {
    const newest = await openRequests(trx).where('id', '=', requests.newestId).forUpdate().executeTakeFirst();
    if (!newest) return { open: false };
    if (requests.earlierIds.length > 0) {
      const voided = await trx
        .selectFrom('password_resets')
        .select('id')
        .where('id', 'in', requests.earlierIds)
        .where((eb) => eb.or([eb('superseded_at', 'is not', null), eb('used_at', 'is not', null)]))
        .limit(1)
        .executeTakeFirst();
      if (voided) return { open: true };
    }
    await trx
      .updateTable('password_resets')
      .set({ superseded_at: new Date() })
      .where('id', '=', requests.newestId)
      .execute();
    return { open: false };
  });
}

/** Makes a token usable, for an hour from now; called again before each attempt to send it. */
export async function storeResetToken(db: Db, requestId: string, tokenHash: string): Promise<void> {
  await db
    .updateTable('password_resets')
    .set({
      token_hash: tokenHash,
      expires_at: sql<Date>`now() + make_interval(mins => ${RESET_TOKEN_MINUTES})`,
    })
    .where('id', '=', requestId)
    .execute();
}

/** Marks a request's email as sent. */
export async function markResetSent(db: Db, requestId: string): Promise<void> {
  await db.updateTable('password_resets').set({ sent_at: new Date() }).where('id', '=', requestId).execute();
}

/** Why a token can't be used. */
export type TokenFault = 'invalid' | 'expired' | 'used-before';

/** What became of an attempt to use a token. */
export type TokenUse = { status: 'used-now'; email: string } | { status: TokenFault };

const tokenState = ['used_at', 'superseded_at', sql<boolean>`expires_at <= now()`.as('expired')] as const;

function faultOf(row: {
  used_at: Date | null;
  superseded_at: Date | null;
  expired: boolean;
}): TokenFault | undefined {
  if (row.used_at ?? row.superseded_at) return 'used-before';
  return row.expired ? 'expired' : undefined;
}

/** Why a token can't be used, or undefined. It may be used meanwhile: {@link useResetToken} decides. */
export async function findTokenFault(db: Db, tokenHash: string): Promise<TokenFault | undefined> {
  const row = await db
    .selectFrom('password_resets')
    .select(tokenState)
    .where('token_hash', '=', tokenHash)
    .executeTakeFirst();
  return row ? faultOf(row) : 'invalid';
}

/**
 * Uses a token for good, voids every other request of the account and sets the password, all in the caller's
 * transaction. Of two uses at once, the lock on the account lets one win.
 */
export async function useResetToken(trx: Trx, tokenHash: string, passwordHash: string): Promise<TokenUse> {
  const request = await trx
    .selectFrom('password_resets')
    .select('email')
    .where('token_hash', '=', tokenHash)
    .executeTakeFirst();
  if (!request) return { status: 'invalid' };
  // The account is locked before any of its requests: two tokens of one account that are used at once would otherwise
  // each hold what the other wants.
  await trx.selectFrom('users').select('id').where('email', '=', request.email).forUpdate().execute();
  const row = await trx
    .selectFrom('password_resets')
    .select(['id', 'email', ...tokenState])
    .where('token_hash', '=', tokenHash)
    .forUpdate()
    .executeTakeFirst();
  if (!row) return { status: 'invalid' };
  const fault = faultOf(row);
  if (fault) return { status: fault };

  const user = await trx
    .updateTable('users')
    .set({ password_hash: passwordHash, updated_at: new Date() })
    .where('email', '=', row.email)
    .returning('id')
    .executeTakeFirst();
  if (!user) return { status: 'invalid' };
  await trx.updateTable('password_resets').set({ used_at: new Date() }).where('id', '=', row.id).execute();
  await trx
    .updateTable('password_resets')
    .set({ superseded_at: new Date() })
    .where('email', '=', row.email)
    .where('id', '!=', row.id)
    .where('used_at', 'is', null)
    .where('superseded_at', 'is', null)
    .execute();
  return { status: 'used-now', email: row.email };
}
