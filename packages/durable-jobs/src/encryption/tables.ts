import type { Generated } from 'kysely';
import type { CreatedAt } from '../database/columns.ts';

/** The tables of the keys of payloads, as Kysely sees them; the migrations are what makes them. */
export interface EncryptionTables {
  subjectKeys: {
    id: string;
    subject: string;
    ringKeyId: string;
    wrappedKey: Buffer | null;
    createdAt: CreatedAt;
    destroyedAt: Date | null;
  };
  payloadKeys: {
    id: string;
    fingerprint: string;
    firstUsedAt: CreatedAt;
    lastUsedAt: Generated<Date>;
  };
}
