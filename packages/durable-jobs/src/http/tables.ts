import type { JSONColumnType } from 'kysely';
import type { CreatedAt } from '../database/columns.ts';

/** The tables of requests, as Kysely sees them; the migrations are what makes them. */
export interface RequestTables {
  idempotencyKeys: {
    scope: string;
    key: string;
    fingerprint: string;
    response: JSONColumnType<object> | null;
    createdAt: CreatedAt;
    expiresAt: Date;
  };
}
