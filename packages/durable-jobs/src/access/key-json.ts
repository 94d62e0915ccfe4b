import { z } from 'zod';
import { time } from '../http/json.ts';
import { linkTo } from '../http/mount.ts';
import { roles } from '../http/roles.ts';
import type { ListedApiKey } from './api-keys.ts';

/** An API key as JSON. Nothing that it says can be used to sign in. */
export const apiKeyJson = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    role: z.enum(roles),
    state: z.enum(['valid', 'expired', 'revoked']),
    createdAt: time,
    lastUsedAt: time
      .nullable()
      .meta({ description: 'Accurate to a minute; null if the key was never used.' }),
    expiresAt: time.nullable().meta({ description: 'Null if the key does not expire.' }),
    revokedAt: time.nullable(),
    links: z.strictObject({ audit: z.string() }),
  })
  .meta({ id: 'ApiKey' });

/** A key that was just created: the only response that contains it. */
export const newApiKeyJson = apiKeyJson
  .extend({ key: z.string().meta({ description: 'The key itself, which is not shown again.' }) })
  .meta({ id: 'NewApiKey' });

/** See {@link apiKeyJson}. */
export type ApiKeyView = z.output<typeof apiKeyJson>;

/** A key as {@link apiKeyJson}, as of `now`. */
export function presentApiKey(key: ListedApiKey, now: Date): ApiKeyView {
  const { id, name, role, createdAt, lastUsedAt, expiresAt, revokedAt } = key;
  return {
    id,
    name,
    role,
    state: revokedAt ? 'revoked' : expiresAt && expiresAt <= now ? 'expired' : 'valid',
    createdAt: createdAt.toISOString(),
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
    expiresAt: expiresAt?.toISOString() ?? null,
    revokedAt: revokedAt?.toISOString() ?? null,
    links: { audit: linkTo(`/api/audit?who=${id}`) },
  };
}
