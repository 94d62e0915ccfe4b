import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { useOwnEngine } from '../support/own-engine.ts';
import { startWorker } from '../support/processes.ts';
import { useService } from '../support/service.ts';

/** Another process takes over within seconds, but not while other tests of this kind keep all cores busy. */
const TAKE_OVER_MS = 180_000;

const engine = useOwnEngine();
const service = useService({
  workers: false,
  config: { PASSWORD_RESET_DELAY: 20_000 },
  temporalAddress: engine.address,
});

it('a wait survives the crash of engine and worker, and work accepted meanwhile is done afterwards', async () => {
  const first = await startWorker(service);
  const email = `ada-${randomUUID()}@example.com`;
  const user = { email, name: 'Ada', password: 'old password' };
  const { body } = await service.request('POST', '/api/auth/register', user);
  await jobWithStatus(service, (body as { jobId: string }).jobId, 'completed');
  await service.request('POST', '/api/auth/forgot-password', { email });
  const { links } = (await service.request('GET', `/api/users/${(body as { id: string }).id}`)).body as {
    links: { passwordResetJob: string };
  };
  const jobId = links.passwordResetJob.replace('/api/jobs/', '');
  await jobWithStatus(service, jobId, 'waiting');
  await first.kill();
  await engine.kill();

  const other = { ...user, email: `eve-${randomUUID()}@example.com` };
  const accepted = await service.request('POST', '/api/auth/register', other);
  expect(accepted.status).toBe(201);
  const away = await service.request('GET', `/api/jobs/${jobId}`);
  expect(away).toMatchObject({ status: 503, body: { code: 'engine_unavailable' } });
  expect(away.headers.get('retry-after')).toBe('5');

  await engine.restart();
  const second = await startWorker(service);
  await eventually(() => {
    const subjects = service.mail.to(email).map((mail) => mail.subject);
    expect(subjects.toSorted()).toEqual(['Reset your password', 'Welcome']);
    expect(service.mail.to(other.email)).toHaveLength(1);
  }, TAKE_OVER_MS);
  expect(await second.stop()).toBe(0);
});
