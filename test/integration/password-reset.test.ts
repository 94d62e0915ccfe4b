import { randomUUID } from 'node:crypto';
import { verify } from '@node-rs/argon2';
import { sql, type NotNull } from 'kysely';
import type { ParsedMail } from 'mailparser';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { hashPassword } from '../../domain/accounts/passwords.ts';
import { hashToken } from '../../packages/durable-jobs/src/process/secrets.ts';
import { holdRows } from '../support/hold-rows.ts';
import { moveToSoon } from '../support/job-actions.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { recordHistory } from '../support/record-history.ts';
import { useService, type Service } from '../support/service.ts';

vi.mock('../../domain/accounts/passwords.ts', { spy: true });

const service = useService({ config: { PASSWORD_RESET_DELAY: 100 } });
/** Its emails wait until a test moves them: on a busy machine, a wait that one can wait for may be over before it is seen. */
const patient = useService({ config: { PASSWORD_RESET_DELAY: 300_000 } });

interface Account {
  email: string;
  id: string;
  resetJob: string;
}
let account: Account;

async function register(on: Service): Promise<Account> {
  const email = `ada-${randomUUID()}@example.com`;
  const { body } = await on.request('POST', '/api/auth/register', {
    email,
    name: 'Ada',
    password: 'old password',
  });
  const { id } = body as { id: string };
  const user = await on.request('GET', `/api/users/${id}`);
  const { passwordResetJob } = (user.body as { links: { passwordResetJob: string } }).links;
  return { email, id, resetJob: passwordResetJob.replace('/api/jobs/', '') };
}

beforeEach(async () => {
  account = await register(service);
});

const forgot = (email: string, on = service) => on.request('POST', '/api/auth/forgot-password', { email });
const reset = (token: string, newPassword = 'new password', on = service) =>
  on.request('POST', '/api/auth/reset-password', { token, newPassword });
const resetMails = ({ email } = account, on = service) =>
  on.mail.to(email).filter((mail) => mail.subject === 'Reset your password');

async function passwordIs(password: string): Promise<boolean> {
  const row = await service.db
    .selectFrom('users')
    .select('passwordHash')
    .where('id', '=', account.id)
    .executeTakeFirstOrThrow();
  return verify(row.passwordHash, password);
}

async function tokenFromMail(): Promise<string> {
  return eventually(() => {
    const token = tokenOf(resetMails()[0]);
    expect(token).not.toBe('');
    return token;
  });
}

const tokenOf = (mail: ParsedMail | undefined): string =>
  /token=([\w-]+)/.exec(String(mail?.html))?.[1] ?? '';

describe('a forgotten password', () => {
  it('gets the same answer whether the account exists or not, and the same kind of job', async () => {
    const known = await forgot(account.email);
    const unknown = await forgot(`nobody-${randomUUID()}@example.com`);
    expect(unknown.status).toBe(known.status);
    expect(unknown.body).toEqual(known.body);
    expect([...unknown.headers.keys()]).toEqual([...known.headers.keys()]);
    await eventually(async () => {
      const jobs = await service.db
        .selectFrom('outbox')
        .select(['jobId', 'dispatchedAt'])
        .where('jobType', '=', 'sendPasswordReset')
        .orderBy('id', 'desc')
        .limit(2)
        .execute();
      expect(new Set(jobs.map((job) => job.jobId)).size).toBe(2);
      for (const job of jobs) expect(job.dispatchedAt).not.toBeNull();
    });
  });

  it('sends nothing to an unknown address', async () => {
    const email = `nobody-${randomUUID()}@example.com`;
    await forgot(email);
    const { jobId } = await service.db
      .selectFrom('outbox')
      .select('jobId')
      .where('jobType', '=', 'sendPasswordReset')
      .orderBy('id', 'desc')
      .limit(1)
      .$narrowType<{ jobId: NotNull }>()
      .executeTakeFirstOrThrow();
    expect(await jobWithStatus(service, jobId, 'completed')).toMatchObject({
      result: { outcome: 'skipped' },
    });
    await recordHistory(service, jobId, 'skipped');
    expect(service.mail.to(email)).toEqual([]);
  });

  it('sends no email for a request that is used while the email is being prepared', async () => {
    // Emails cannot be inserted in the meantime, so that the activity stops between reading the request and sending.
    const goOn = await holdRows(service.db, (trx) => sql`LOCK TABLE emails IN SHARE MODE`.execute(trx));
    await forgot(account.email);
    const ofAccount = service.db.updateTable('passwordResets').where('email', '=', account.email);
    await eventually(async () => {
      const marked = await ofAccount
        .where('tokenHash', 'is not', null)
        .set({ usedAt: new Date() })
        .executeTakeFirst();
      expect(marked.numUpdatedRows).toBe(1n);
    });
    await goOn();
    expect(await jobWithStatus(service, account.resetJob, 'completed')).toMatchObject({
      result: { outcome: 'skipped' },
    });
    expect(resetMails()).toEqual([]);
    const email = service.db.selectFrom('emails').select(['status', 'sentAt']);
    expect(
      await email.where('userId', '=', account.id).where('template', '=', 'password-reset').execute(),
    ).toEqual([{ status: 'withdrawn', sentAt: null }]);
  });

  it('waits for five minutes by default, and says until when', async () => {
    const { email, resetJob } = await register(patient);
    const asked = Date.now();
    await forgot(email, patient);
    const job = await jobWithStatus(patient, resetJob, 'waiting');
    expect(job.plannedAttempts).toHaveLength(1);
    const minutes = (Date.parse(job.plannedAttempts[0] ?? '') - asked) / 60_000;
    expect(Math.abs(minutes - 5)).toBeLessThan(0.5);
  });

  it('is reset by the token of the email, once', async () => {
    await forgot(account.email);
    const token = await tokenFromMail();
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    expect((await reset(token)).status).toBe(204);
    expect(await passwordIs('new password')).toBe(true);
    vi.mocked(hashPassword).mockClear();
    expect(await reset(token, 'another password')).toMatchObject({
      status: 400,
      body: { code: 'token_used' },
    });
    expect(hashPassword).not.toHaveBeenCalled();
    expect(await passwordIs('new password')).toBe(true);
  });

  it('stores only the hash of the token', async () => {
    await forgot(account.email);
    const token = await tokenFromMail();
    const rows = await service.db
      .selectFrom('passwordResets')
      .selectAll()
      .where('email', '=', account.email)
      .execute();
    expect(rows.map((row) => row.tokenHash)).toEqual([hashToken(token)]);
    expect(JSON.stringify(rows)).not.toContain(token);
  });

  it('sends one email, for the newest request, when it is requested again', async () => {
    const own = await register(patient);
    await forgot(own.email, patient);
    const first = await jobWithStatus(patient, own.resetJob, 'waiting');
    await forgot(own.email, patient);
    await eventually(async () => {
      const second = await jobWithStatus(patient, own.resetJob, 'waiting');
      expect(Date.parse(second.plannedAttempts[0] ?? '')).toBeGreaterThan(
        Date.parse(first.plannedAttempts[0] ?? ''),
      );
    });
    await moveToSoon(patient, own.resetJob);
    await jobWithStatus(patient, own.resetJob, 'completed');
    expect(resetMails(own, patient)).toHaveLength(1);
    await recordHistory(patient, own.resetJob, 'asked-twice');
  });

  it('sends nothing once its job is deleted', async () => {
    const own = await register(patient);
    await forgot(own.email, patient);
    await jobWithStatus(patient, own.resetJob, 'waiting');
    expect((await patient.request('DELETE', `/api/jobs/${own.resetJob}`)).status).toBe(202);
    const job = await jobWithStatus(patient, own.resetJob, 'cancelled');
    expect(job.plannedAttempts).toEqual([]);
    await recordHistory(patient, own.resetJob, 'cancelled');
    expect(resetMails(own, patient)).toEqual([]);
  });

  it('cancels the email that still waits when an earlier token is used', async () => {
    const own = await register(patient);
    await forgot(own.email, patient);
    await jobWithStatus(patient, own.resetJob, 'waiting');
    await moveToSoon(patient, own.resetJob);
    await jobWithStatus(patient, own.resetJob, 'completed');
    await forgot(own.email, patient);
    await jobWithStatus(patient, own.resetJob, 'waiting');
    const token = tokenOf(resetMails(own, patient)[0]);
    expect((await reset(token, 'new password', patient)).status).toBe(204);
    await jobWithStatus(patient, own.resetJob, 'cancelled');
    expect(resetMails(own, patient)).toHaveLength(1);
  });
});

describe('an account with many reset requests', () => {
  it.each(['an account', 'nobody'])(
    'takes ten requests an hour for %s, and answers each of them the same',
    async (who) => {
      const email = who === 'nobody' ? `nobody-${randomUUID()}@example.com` : (await register(patient)).email;
      // At the same time, as an attacker sends them in order to flood a mailbox.
      const answers = await Promise.all(Array.from({ length: 14 }, () => forgot(email, patient)));
      expect(new Set(answers.map(({ status, body }) => JSON.stringify({ status, body }))).size).toBe(1);
      expect(answers[0]?.status).toBe(200);
      const rows = await patient.db
        .selectFrom('passwordResets')
        .select('id')
        .where('email', '=', email)
        .execute();
      expect(rows).toHaveLength(10);
    },
  );
});

describe('a token', () => {
  it('that was never given is refused', async () => {
    vi.mocked(hashPassword).mockClear();
    expect(await reset('never given')).toMatchObject({ status: 400, body: { code: 'invalid_token' } });
    expect(hashPassword).not.toHaveBeenCalled();
  });

  it('is refused after an hour', async () => {
    await forgot(account.email);
    const token = await tokenFromMail();
    const row = await service.db
      .selectFrom('passwordResets')
      .select(['expiresAt', 'sentAt'])
      .where('email', '=', account.email)
      .executeTakeFirstOrThrow();
    const hour = 3_600_000;
    expect(Math.abs((row.expiresAt?.getTime() ?? 0) - Date.now() - hour)).toBeLessThan(60_000);
    await service.db
      .updateTable('passwordResets')
      .set({ expiresAt: new Date(Date.now() - 1) })
      .where('email', '=', account.email)
      .execute();
    vi.mocked(hashPassword).mockClear();
    expect(await reset(token)).toMatchObject({ status: 400, body: { code: 'token_expired' } });
    expect(hashPassword).not.toHaveBeenCalled();
    expect(await passwordIs('old password')).toBe(true);
  });

  it('that is used at the same time as another one of the account lets one of the two win', async () => {
    await forgot(account.email);
    const first = await tokenFromMail();
    await jobWithStatus(service, account.resetJob, 'completed');
    await forgot(account.email);
    const second = await eventually(() => {
      const token = tokenOf(resetMails()[1]);
      expect(token).not.toBe('');
      return token;
    });
    const answers = await Promise.all([reset(first), reset(second), reset(first), reset(second)]);
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([204, 400, 400, 400]);
  });

  it('changes the password once if it is used ten times concurrently', async () => {
    await forgot(account.email);
    const token = await tokenFromMail();
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => reset(token, `password number ${n}`)),
    );
    expect(answers.filter((answer) => answer.status === 204)).toHaveLength(1);
    expect(answers.filter((answer) => answer.status === 400)).toHaveLength(9);
  });
});
