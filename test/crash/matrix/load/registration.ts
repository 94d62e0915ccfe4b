import type { LoadContext, SendLoad } from './context.ts';

/** Registers a user under a name of their own, and returns their id, address and job. */
export async function register(
  { client, name }: Pick<LoadContext, 'client' | 'name'>,
  prefix = 'user',
): Promise<{ userId: string; email: string; jobId: string }> {
  const own = name(prefix);
  const email = `${own}@example.com`;
  const user = { email, name: own, password: 'correct horse battery staple' };
  const { id, jobId } = await client.send('POST', '/api/auth/register', user);
  return { userId: String(id), email, jobId: String(jobId) };
}

/** A registration, which is welcomed by email. */
export const sendRegistration: SendLoad = async (context) => {
  context.accepted.registrations.push(await register(context));
};
