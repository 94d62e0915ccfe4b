import { sql } from 'kysely';
import type { Db, Trx } from '../database/schema.ts';

/** How long a reset token is valid after its email was sent. */
export const RESET_TOKEN_MINUTES = 60;

/** Requests of one account that are accepted in an hour: enough for people, and too few to flood a mailbox. */
export const RESETS_PER_HOUR = 10;

/**
 * Records a reset request; undefined if the account has had the maximum number of requests in the last hour. The same statements run
 * whether or not an account has the address. The lock makes concurrent requests see each other.
 */
export async function insertResetRequest(
  trx: Trx,
  request: { email: string; accountKey: string },
): Promise<{ requestId: string; requestedAt: Date } | undefined> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`password-resets:${request.accountKey}`}, 0))`.execute(
    trx,
  );
  const { recent } = await trx
    .selectFrom('passwordResets')
    .select((eb) => eb.fn.countAll<number>().as('recent'))
    .where('accountKey', '=', request.accountKey)
    .where('requestedAt', '>', sql<Date>`now() - interval '1 hour'`)
    .executeTakeFirstOrThrow();
  if (recent >= RESETS_PER_HOUR) return undefined;
  return (
    trx
      .insertInto('passwordResets')
      // Later than the requests that it waited for, because the email of the newest request is sent.
      .values({
        email: request.email,
        accountKey: request.accountKey,
        requestedAt: sql<Date>`clock_timestamp()`,
      })
      .returning(['id as requestId', 'requestedAt'])
      .executeTakeFirstOrThrow()
  );
}

/** A request whose email may still be sent: not sent, used or superseded. */
export async function findOpenResetRequest(
  db: Db,
  requestId: string,
): Promise<{ email: string } | undefined> {
  return openRequests(db).where('id', '=', requestId).executeTakeFirst();
}

function openRequests(db: Db) {
  return db
    .selectFrom('passwordResets')
    .select('email')
    .where('sentAt', 'is', null)
    .where('usedAt', 'is', null)
    .where('supersededAt', 'is', null);
}

/** Whether a reset was ever requested for an account, as far as requests are kept. */
export async function hasResetRequest(db: Db, accountKey: string): Promise<boolean> {
  const row = await db
    .selectFrom('passwordResets')
    .select('id')
    .where('accountKey', '=', accountKey)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Whether an account has a request whose email may still be sent. */
export async function hasOpenResetRequest(db: Db, accountKey: string): Promise<boolean> {
  const row = await openRequests(db).where('accountKey', '=', accountKey).limit(1).executeTakeFirst();
  return row !== undefined;
}

/** Returns the newest request of an account whose email may still be sent, or undefined. */
export async function newestOpenResetRequest(
  db: Db,
  accountKey: string,
): Promise<{ requestId: string; requestedAt: Date } | undefined> {
  return openRequests(db)
    .clearSelect()
    .select(['id as requestId', 'requestedAt'])
    .where('accountKey', '=', accountKey)
    .orderBy('requestedAt', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** Voids an account's requests whose emails were not sent: all of them, or those from before a time. */
export async function withdrawResetRequests(db: Db, accountKey: string, before?: Date): Promise<void> {
  await db
    .updateTable('passwordResets')
    .set({ supersededAt: new Date() })
    .where('accountKey', '=', accountKey)
    .$if(before !== undefined, (query) => query.where('requestedAt', '<', before ?? new Date()))
    .where('sentAt', 'is', null)
    .where('usedAt', 'is', null)
    .where('supersededAt', 'is', null)
    .execute();
}

/**
 * Decides what the cancellation of a reset job was meant for, given the requests that the job knows. If an earlier request was voided or
 * used and the newest is open, it was meant for the earlier one, and the newest continues. If none was voided, an operator cancelled the
 * job itself, which voids the newest. A repeat returns the same answer.
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
        .selectFrom('passwordResets')
        .select('id')
        .where('id', 'in', requests.earlierIds)
        .where((eb) => eb.or([eb('supersededAt', 'is not', null), eb('usedAt', 'is not', null)]))
        .limit(1)
        .executeTakeFirst();
      if (voided) return { open: true };
    }
    await trx
      .updateTable('passwordResets')
      .set({ supersededAt: new Date() })
      .where('id', '=', requests.newestId)
      .execute();
    return { open: false };
  });
}

/** Creates a token that is valid for an hour from now. It is called again before each attempt to send it. */
export async function storeResetToken(db: Db, requestId: string, tokenHash: string): Promise<void> {
  await db
    .updateTable('passwordResets')
    .set({
      tokenHash,
      expiresAt: sql<Date>`now() + make_interval(mins => ${RESET_TOKEN_MINUTES})`,
    })
    .where('id', '=', requestId)
    .execute();
}

/** Marks a request's email as sent. */
export async function markResetSent(db: Db, requestId: string): Promise<void> {
  await db.updateTable('passwordResets').set({ sentAt: new Date() }).where('id', '=', requestId).execute();
}

/** Why a token cannot be used. */
export type TokenFault = 'invalid' | 'expired' | 'used-before';

/** The result of using a token. */
export type TokenUse = { status: 'used-now'; email: string } | { status: TokenFault };

const tokenState = ['usedAt', 'supersededAt', sql<boolean>`expires_at <= now()`.as('expired')] as const;

function faultOf(row: {
  usedAt: Date | null;
  supersededAt: Date | null;
  expired: boolean;
}): TokenFault | undefined {
  if (row.usedAt ?? row.supersededAt) return 'used-before';
  return row.expired ? 'expired' : undefined;
}

/** Returns why a token cannot be used, or undefined. It may be used in the meantime: {@link useResetToken} decides. */
export async function findTokenFault(db: Db, tokenHash: string): Promise<TokenFault | undefined> {
  const row = await db
    .selectFrom('passwordResets')
    .select(tokenState)
    .where('tokenHash', '=', tokenHash)
    .executeTakeFirst();
  return row ? faultOf(row) : 'invalid';
}

/**
 * Uses a token permanently, voids all other requests of the account and sets the password, in the caller's transaction. Of two concurrent
 * uses, the lock on the account lets one succeed.
 */
export async function useResetToken(trx: Trx, tokenHash: string, passwordHash: string): Promise<TokenUse> {
  const request = await trx
    .selectFrom('passwordResets')
    .select('email')
    .where('tokenHash', '=', tokenHash)
    .executeTakeFirst();
  if (!request) return { status: 'invalid' };
  // The account is locked before its requests: otherwise, two tokens of one account that are used at the same time
  // could wait for each other.
  await trx.selectFrom('users').select('id').where('email', '=', request.email).forUpdate().execute();
  const row = await trx
    .selectFrom('passwordResets')
    .select(['id', 'email', ...tokenState])
    .where('tokenHash', '=', tokenHash)
    .forUpdate()
    .executeTakeFirst();
  if (!row) return { status: 'invalid' };
  const fault = faultOf(row);
  if (fault) return { status: fault };

  const user = await trx
    .updateTable('users')
    .set({ passwordHash, updatedAt: new Date() })
    .where('email', '=', row.email)
    .returning('id')
    .executeTakeFirst();
  if (!user) return { status: 'invalid' };
  await trx.updateTable('passwordResets').set({ usedAt: new Date() }).where('id', '=', row.id).execute();
  await trx
    .updateTable('passwordResets')
    .set({ supersededAt: new Date() })
    .where('email', '=', row.email)
    .where('id', '!=', row.id)
    .where('usedAt', 'is', null)
    .where('supersededAt', 'is', null)
    .execute();
  return { status: 'used-now', email: row.email };
}
