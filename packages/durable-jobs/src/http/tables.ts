import type { JSONColumnType } from 'kysely';
import type { CreatedAt } from '../database/columns.ts';

/** Kysely types of the tables of requests. The migrations create the tables. */
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
