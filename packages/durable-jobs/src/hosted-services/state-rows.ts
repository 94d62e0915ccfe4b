import { sql, type RawBuilder } from 'kysely';
import type { Db } from '../database/connect.ts';

/** Changes in a run of a service since the last write. */
export interface StateChanges {
  processed: number;
  failed: number;
  error?: { message: string; at: Date };
  activityAt?: Date;
}

/** The rows that contain the state of a run. */
export interface StateRows {
  /** Records that a worker runs the service from now on. */
  begin(worker: string): Promise<void>;
  /** Adds changes. `ended`: the run is over. */
  write(changes: StateChanges, now: { busy: boolean; ended: boolean }): Promise<void>;
}

/** Returns the rows of a run that is the only one of its service. */
export function soleRunRows(db: Db, id: string): StateRows {
  /** In PostgreSQL's format: distinguishes this run from one that took over while this process was frozen. */
  let startedAt: string | undefined;
  return {
    async begin(worker) {
      const running = { worker, startedAt: sql<Date>`now()`, endedAt: null, busy: false };
      const row = await db
        .insertInto('hostedServices')
        .values({ id, ...running })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(running))
        .returning(sql<string>`started_at::text`.as('startedAt'))
        .executeTakeFirstOrThrow();
      ({ startedAt } = row);
    },

    async write(changes, { busy, ended }) {
      const isMine = sql<boolean>`started_at = ${startedAt}::timestamptz`;
      await db
        .updateTable('hostedServices')
        .set({
          ...added(changes),
          busy: sql<boolean>`CASE WHEN ${isMine} THEN ${ended ? false : busy} ELSE busy END`,
          ...(ended && { endedAt: sql<Date>`CASE WHEN ${isMine} THEN now() ELSE ended_at END` }),
        })
        .where('id', '=', id)
        .execute();
    },
  };
}

/** Returns the rows of one worker's share: its own, which is deleted at its end, and the service's, which has the sums. */
export function shareRows(db: Db, serviceId: string): StateRows {
  let worker = '';
  return {
    async begin(name) {
      worker = name;
      const row = {
        serviceId,
        worker,
        startedAt: sql<Date>`now()`,
        seenAt: sql<Date>`now()`,
        busy: false,
        processed: 0,
        failed: 0,
        lastActivityAt: null,
        lastError: null,
        lastErrorAt: null,
      };
      await db
        .with('service', (query) =>
          query
            .insertInto('hostedServices')
            .values({ id: serviceId })
            .onConflict((conflict) => conflict.column('id').doNothing()),
        )
        .insertInto('hostedServiceWorkers')
        .values(row)
        .onConflict((conflict) => conflict.columns(['serviceId', 'worker']).doUpdateSet(row))
        .execute();
    },

    async write(changes, { busy, ended }) {
      const sums = db.with('sums', (query) =>
        query.updateTable('hostedServices').set(added(changes)).where('id', '=', serviceId),
      );
      const mine = { serviceId, worker };
      await (
        ended
          ? sums.deleteFrom('hostedServiceWorkers').where((eb) => eb.and(mine))
          : sums
              .updateTable('hostedServiceWorkers')
              .set({ ...added(changes), busy })
              .where((eb) => eb.and(mine))
      ).execute();
    },
  };
}

/** Returns the columns that add up. */
function added({ processed, failed, activityAt, error }: StateChanges): {
  processed: RawBuilder<number>;
  failed: RawBuilder<number>;
  lastActivityAt?: Date;
  lastError?: string;
  lastErrorAt?: Date;
} {
  return {
    processed: sql<number>`processed + ${processed}`,
    failed: sql<number>`failed + ${failed}`,
    ...(activityAt && { lastActivityAt: activityAt }),
    ...(error && { lastError: error.message, lastErrorAt: error.at }),
  };
}
