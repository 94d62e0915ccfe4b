import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { inClear } from '../support/in-clear.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { recordHistory } from '../support/record-history.ts';
import { useService } from '../support/service.ts';

const service = useService();
const newUser = () => ({
  email: `ada-${randomUUID()}@example.com`,
  name: 'Ada <Lovelace>',
  password: 'correct horse',
});

describe('a registration', () => {
  it('answers with the user, and its welcome email arrives as text and HTML', async () => {
    const user = newUser();
    const answer = await service.request('POST', '/api/auth/register', user);
    const { id, jobId } = answer.body as { id: string; jobId: string };
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`/api/users/${id}`);
    expect(answer.body).toEqual({ id, email: user.email, name: user.name, jobId });
    expect(jobId).toBe(`send-welcome-email:${id}`);

    await jobWithStatus(service, jobId, 'completed');
    const mails = service.mail.to(user.email);
    expect(mails).toHaveLength(1);
    const [mail] = mails;
    // Neither repeats a name that does not look like one: see domain/mail/greeting.ts.
    expect(mail?.subject).toBe('Welcome');
    expect(mail?.text).toMatch(/^Hello,/);
    expect(mail?.html).toContain('<p style="overflow-wrap:anywhere">Hello,</p>');
    expect(mail?.messageId).toBe(`<welcome.${id}@durable-jobs>`);
    await recordHistory(service, jobId, 'completed');

    const read = await service.request('GET', `/api/users/${id}`);
    expect(read).toMatchObject({ status: 200, body: { id, email: user.email, name: user.name } });
    expect(JSON.stringify(read.body)).not.toContain('passwordHash');
  });

  it('of a known address, in whatever case, is refused and changes nothing', async () => {
    const user = newUser();
    await service.request('POST', '/api/auth/register', user);
    const again = await service.request('POST', '/api/auth/register', {
      ...user,
      email: user.email.toUpperCase(),
    });
    expect(again).toMatchObject({ status: 409, body: { code: 'email_taken' } });
    const rows = await service.db.selectFrom('users').select('id').where('email', '=', user.email).execute();
    expect(rows).toHaveLength(1);
  });

  it('stores the password with a memory-hard hash', async () => {
    const user = newUser();
    await service.request('POST', '/api/auth/register', user);
    const row = await service.db
      .selectFrom('users')
      .select('passwordHash')
      .where('email', '=', user.email)
      .executeTakeFirstOrThrow();
    expect(row.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });

  it('with an idempotency key gets the same response again, and is refused with another body', async () => {
    const user = newUser();
    const headers = { 'idempotency-key': randomUUID() };
    const first = await service.request('POST', '/api/auth/register', user, headers);
    const second = await service.request('POST', '/api/auth/register', user, headers);
    expect(second.status).toBe(201);
    expect(JSON.stringify(second.body)).toBe(JSON.stringify(first.body));
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    const other = await service.request('POST', '/api/auth/register', { ...user, name: 'Eve' }, headers);
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    const stored = await service.db
      .selectFrom('idempotencyKeys')
      .selectAll()
      .where('key', '=', headers['idempotency-key'])
      .executeTakeFirstOrThrow();
    expect(JSON.stringify(stored)).not.toContain(user.password);
  });

  it('is welcomed once the mail server is back, and meanwhile shows what the job waits for', async () => {
    const user = newUser();
    service.mail.refuseWith(451);
    const { body } = await service.request('POST', '/api/auth/register', user);
    const { jobId } = body as { jobId: string };
    const job = await jobWithStatus(service, jobId, 'retrying');
    expect(job.attempts[0]?.error).toMatchObject({ code: 'MailUnavailable' });
    expect(job.plannedAttempts.length).toBeGreaterThan(1);
    service.mail.refuseWith(undefined);
    await jobWithStatus(service, jobId, 'completed');
    expect(service.mail.to(user.email)).toHaveLength(1);
    await recordHistory(service, jobId, 'retried');
  });

  it('whose address the mail server permanently refuses fails at once, with the reason', async () => {
    service.mail.refuseWith(550);
    const user = newUser();
    const { body } = await service.request('POST', '/api/auth/register', user);
    const { jobId } = body as { jobId: string };
    const job = await jobWithStatus(service, jobId, 'failed');
    service.mail.refuseWith(undefined);
    expect(job.attempts).toHaveLength(1);
    expect(job.attempts[0]?.error).toMatchObject({ code: 'MailRejected' });
    const row = await service.db
      .selectFrom('emails')
      .select(['status', 'lastError'])
      .where('recipient', '=', user.email)
      .executeTakeFirstOrThrow();
    expect(row.status).toBe('dead');
    expect(row.lastError).not.toContain(user.email);
  });
});

describe('who tries which addresses are registered', () => {
  const guessed = useService({ workers: false });

  it('is stopped after a few, and then receives none', async () => {
    const user = newUser();
    const register = (email: string) => guessed.request('POST', '/api/auth/register', { ...user, email });
    expect((await register(user.email)).status).toBe(201);
    for (let n = 0; n < 10; n++) expect((await register(user.email)).status).toBe(409);
    for (const email of [user.email, newUser().email]) {
      const answer = await register(email);
      expect(answer).toMatchObject({ status: 429, body: { code: 'too_many_requests' } });
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(60);
    }
  });
});

describe('payloads in the engine', () => {
  it('has no address, name or password in any history or search attribute', async () => {
    const user = newUser();
    const { body } = await service.request('POST', '/api/auth/register', user);
    await jobWithStatus(service, (body as { jobId: string }).jobId, 'completed');
    const histories = await eventually(async () => {
      const texts: string[] = [];
      for await (const execution of service.client.workflow.list()) {
        const handle = service.client.workflow.getHandle(execution.workflowId, execution.runId);
        texts.push(inClear([await handle.fetchHistory(), execution.raw]));
      }
      expect(texts.join()).toContain(`send-welcome-email`);
      return texts.join('\n');
    });
    for (const secret of ['@example.com', 'Lovelace', user.password]) expect(histories).not.toContain(secret);
  });
});
