import type { Role } from '../../packages/durable-jobs/src/http/roles.ts';
import type { Db } from '../../domain/database/schema.ts';
import { makeApiKey } from '../../packages/durable-jobs/src/access/api-key.ts';
import { insertApiKey } from '../../packages/durable-jobs/src/access/api-keys.ts';

/** An API key of a test. */
export interface MadeKey {
  id: string;
  key: string;
  headers: { authorization: string };
}

/** Creates an API key without the command, which would need another process. */
export async function makeKey(db: Db, role: Role, expiresAt: Date | null = null): Promise<MadeKey> {
  const { id, key, secretHash } = makeApiKey();
  await insertApiKey(db, { id, name: `test ${role}`, role, secretHash, expiresAt });
  return { id, key, headers: { authorization: `Bearer ${key}` } };
}
