import type { Generated } from 'kysely';
import type { CreatedAt } from '../database/columns.ts';

/** The tables of the keys of payloads, as Kysely sees them; the migrations are what makes them. */
export interface EncryptionTables {
  subject_keys: {
    id: string;
    subject: string;
    ring_key_id: string;
    wrapped_key: Buffer | null;
    created_at: CreatedAt;
    destroyed_at: Date | null;
  };
  payload_keys: {
    id: string;
    fingerprint: string;
    first_used_at: CreatedAt;
    last_used_at: Generated<Date>;
  };
}
