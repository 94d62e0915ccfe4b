import { sendPasswordReset } from '../../contracts/jobs/send-password-reset.ts';
import { sql } from 'kysely';
import { kebabCase } from 'durable-jobs/define';
import { ago, deleteBatch, type DeleteBatch } from 'durable-jobs/database';
import { libraryExpiredRows, type LibraryRetentions } from 'durable-jobs/upkeep';
import type { DeletedRows } from '../../contracts/jobs/delete-expired.ts';
import type { ShopWorkerConfig } from '../config.ts';
import type { Db } from '../database/schema.ts';

/** What of the configuration says how long rows are kept, in milliseconds. */
export type Retentions = LibraryRetentions & Pick<ShopWorkerConfig, 'PASSWORD_RESET_RETENTION'>;

const resetJobPrefix = `${kebabCase(sendPasswordReset.type)}:`;

/**
 * Deletes reset requests that are not needed any more: the token lives for an hour, and its email is tried for three days. Until the
 * retention is over, an old token is told apart from a wrong one. A request whose job is still to be started is kept, whatever its age.
 */
const deleteOldResets: DeleteBatch<Retentions, Db> = (db, { PASSWORD_RESET_RETENTION }, limit) =>
  deleteBatch(
    db,
    {
      table: 'password_resets',
      key: ['id'],
      where: sql`requested_at < ${ago(PASSWORD_RESET_RETENTION)}
        AND (expires_at IS NULL OR expires_at < now())
        AND NOT EXISTS (
          SELECT FROM outbox
          WHERE outbox.job_id = ${resetJobPrefix}::text || password_resets.account_key
            AND outbox.dispatched_at IS NULL AND outbox.dropped_at IS NULL)`,
      orderBy: 'requested_at',
    },
    limit,
  );

/** What is deleted, in this order. Orders and their payments are not among it: they are the books. */
export const expiredRows = {
  passwordResets: deleteOldResets,
  ...libraryExpiredRows,
} satisfies Record<keyof DeletedRows, DeleteBatch<Retentions, Db>>;
