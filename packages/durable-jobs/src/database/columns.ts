import type { ColumnType } from 'kysely';

/** A timestamp that the database sets if an insert omits it. */
export type CreatedAt = ColumnType<Date, Date | undefined, Date>;
