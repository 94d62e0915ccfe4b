import { sql, type Kysely } from 'kysely';
import { buildIndex } from 'durable-jobs/database';

export const transactional = false;

/** By which an erasure finds what is a person's without reading a table. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await buildIndex(db, 'emails_user', sql`ON emails (user_id) WHERE user_id IS NOT NULL`);
  await buildIndex(db, 'emails_recipient', sql`ON emails (lower(recipient))`);
  await buildIndex(
    db,
    'idempotency_keys_user',
    sql`ON idempotency_keys ((response -> 'body' ->> 'id')) WHERE scope = 'register'`,
  );
  // Of what has ended: a message that is under way changes more than once, and would be searched for ids each time.
  const uuids = sql`USING gin (uuids_in(body, message_id, correlation_id, properties))`;
  await buildIndex(
    db,
    'queued_messages_uuids',
    sql`ON queued_messages ${uuids} WHERE settled_at IS NOT NULL`,
  );
  await buildIndex(
    db,
    'outgoing_messages_uuids',
    sql`ON outgoing_messages ${uuids} WHERE published_at IS NOT NULL`,
  );
  await buildIndex(db, 'dead_letters_uuids', sql`ON dead_letters ${uuids}`);
}
