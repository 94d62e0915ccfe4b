import { makeApiKey } from '../../packages/durable-jobs/src/access/api-key.ts';
import { insertApiKey } from '../../packages/durable-jobs/src/access/api-keys.ts';
import type { Role } from '../../packages/durable-jobs/src/http/roles.ts';
import type { Service } from './service.ts';

/** Signs in with a new key as a browser does, and returns the headers of the session's requests. */
export async function sessionOf(
  service: Pick<Service, 'db' | 'url'>,
  role: Role = 'operator',
): Promise<Record<string, string>> {
  const { id, key, secretHash } = makeApiKey();
  await insertApiKey(service.db, { id, name: `the ${role}`, role, secretHash, expiresAt: null });
  const entered = await fetch(`${service.url}/login`, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ key, next: '/' }),
    headers: { origin: service.url },
  });
  return { cookie: entered.headers.get('set-cookie')?.split(';')[0] ?? '' };
}
