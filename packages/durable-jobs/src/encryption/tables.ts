import type { Generated } from 'kysely';
import type { CreatedAt } from '../database/columns.ts';

/** Kysely types of the tables of the keys of payloads. The migrations create the tables. */
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
