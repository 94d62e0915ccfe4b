import { sendPasswordReset } from '../../contracts/jobs/send-password-reset.ts';
import { sql } from 'kysely';
import { kebabCase } from 'durable-jobs/define';
import { ago, deleteBatch, type DeleteBatch } from 'durable-jobs/database';
import { libraryExpiredRows, type LibraryRetentions } from 'durable-jobs/upkeep';
import type { DeletedRows } from '../../contracts/jobs/delete-expired.ts';
import type { ShopWorkerConfig } from '../config.ts';
import type { Db } from '../database/schema.ts';

/** The settings that say how long rows are kept, in milliseconds. */
export type Retentions = LibraryRetentions & Pick<ShopWorkerConfig, 'PASSWORD_RESET_RETENTION'>;

const resetJobPrefix = `${kebabCase(sendPasswordReset.type)}:`;

/**
 * Deletes reset requests that are no longer needed: the token is valid for an hour, and its email is attempted for three days. Until the
 * retention ends, an expired token can be distinguished from an invalid one. A request whose job is not started yet is kept without limit.
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

/** The rows that are deleted, in order. Orders and their payments are not included: they are kept for accounting. */
export const expiredRows = {
  passwordResets: deleteOldResets,
  ...libraryExpiredRows,
} satisfies Record<keyof DeletedRows, DeleteBatch<Retentions, Db>>;
