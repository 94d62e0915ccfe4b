import type { ColumnType } from 'kysely';

/** A timestamp that the database fills in where an insert leaves it out. */
export type CreatedAt = ColumnType<Date, Date | undefined, Date>;
