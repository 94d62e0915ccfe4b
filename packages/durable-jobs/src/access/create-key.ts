import { z } from 'zod';
import type { Db } from '../database/connect.ts';
import type { Caller } from '../http/caller.ts';
import { Problem } from '../http/problem.ts';
import { allows, roles } from '../http/roles.ts';
import { durationMs } from '../values/duration.ts';
import { line } from '../values/text.ts';
import { makeApiKey } from './api-key.ts';
import { insertApiKey, isKeyUsable, type ListedApiKey } from './api-keys.ts';
import { unauthorized } from './authenticate.ts';
import { ENVIRONMENT_KEY_ID } from './key-directory.ts';

/** Body of `POST /api/keys`. */
export const newKeyBody = z.strictObject({
  name: z
    .string()
    .trim()
    .pipe(line(100))
    .meta({ description: 'The name of the person or program that will use the key.' }),
  role: z.enum(roles, { error: `must be one of ${roles.join(', ')}` }),
  expiresIn: durationMs.pipe(z.number().positive('must be longer than 0s')).optional().meta({
    description:
      'How long the key is valid, such as `90d`. By default, it expires together with the key that creates it, or never.',
  }),
});

/** A request for a key. */
type NewKey = z.output<typeof newKeyBody>;

/**
 * Creates a key that allows no more than its creator's, for no longer. `key` is its text, which is stored nowhere.
 * @throws {Problem} that names the field that exceeds the creator's key; `unauthorized` if that key was revoked.
 */
export async function createKey(
  db: Db,
  { name, role, expiresIn }: NewKey,
  creator: Pick<Caller, 'keyId' | 'role' | 'keyExpiresAt'>,
): Promise<{ key: string; listed: ListedApiKey }> {
  const createdAt = new Date();
  const expiresAt =
    expiresIn === undefined ? creator.keyExpiresAt : new Date(createdAt.getTime() + expiresIn);
  requireWithin(creator, { role, expiresAt });
  const { id, key, secretHash } = makeApiKey();
  await db.transaction().execute(async (trx) => {
    // Requests accept a revoked key for a few seconds more, in which it must not make another one.
    if (creator.keyId !== ENVIRONMENT_KEY_ID && !(await isKeyUsable(trx, creator.keyId)))
      throw unauthorized();
    await insertApiKey(trx, { id, name, role, secretHash, expiresAt });
  });
  return { key, listed: { id, name, role, createdAt, lastUsedAt: null, expiresAt, revokedAt: null } };
}

/** @throws {Problem} if a key would allow more than its creator's, or for longer. */
function requireWithin(
  creator: Pick<Caller, 'role' | 'keyExpiresAt'>,
  { role, expiresAt }: Pick<ListedApiKey, 'role' | 'expiresAt'>,
): void {
  const errors = [];
  if (!allows(creator.role, role))
    errors.push({
      path: 'role',
      message: `must not exceed the role of your own key, which is ${creator.role}`,
    });
  const { keyExpiresAt } = creator;
  if (keyExpiresAt && (expiresAt === null || expiresAt > keyExpiresAt)) {
    const until = keyExpiresAt.toISOString();
    errors.push({
      path: 'expiresIn',
      message: `must not exceed the time of your own key, which expires at ${until}`,
    });
  }
  if (errors.length === 0) return;
  throw new Problem('validationFailed', 'A key cannot allow more than the key that creates it.', { errors });
}
