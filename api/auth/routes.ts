import { sendWelcomeEmail } from '../../contracts/jobs/send-welcome-email.ts';
import { sendPasswordReset } from '../../contracts/jobs/send-password-reset.ts';
import { type CreateOnce, enqueueStart } from 'durable-jobs/jobs';
import { accountKey } from '../../domain/accounts/derived-secrets.ts';
import { hashPassword } from '../../domain/accounts/passwords.ts';
import {
  findTokenFault,
  insertResetRequest,
  useResetToken,
  type TokenFault,
} from '../../domain/accounts/password-resets.ts';
import { insertUser } from '../../domain/accounts/users.ts';
import { hashToken } from 'durable-jobs/process';
import { createLockout } from 'durable-jobs/access';
import type { AppDeps } from '../deps.ts';
import { endVoidReset } from '../../domain/accounts/end-void-reset.ts';
import { linkTo, parseBody, Problem, Routes } from 'durable-jobs/http';
import { forgotPasswordBody, registerBody, resetPasswordBody } from '../schemas.ts';
import { problems } from '../../contracts/problems.ts';

/** Limit of registered addresses that one client may discover, and the period in seconds. */
const TAKEN_ADDRESSES = 10;
const GUESSING_SECONDS = 900;

/** Registration and password reset: the public routes. */
export function authRoutes(deps: AppDeps, createOnce: CreateOnce): Routes {
  const routes = new Routes('/api/auth');
  // Registration must report that an address is in use, because there is no account to sign in to otherwise. But it
  // must not allow trying a list of addresses.
  const guesses = createLockout(
    {
      failures: TAKEN_ADDRESSES,
      seconds: GUESSING_SECONDS,
      because: 'Too many registrations with addresses that are already registered came from this client.',
    },
    deps.logger,
  );

  routes.post('/register', 'public', async (request, response) => {
    const { email, name, password } = parseBody(request, registerBody);
    await guesses.attempt(request, async (failed) => {
      const passwordHash = await hashPassword(password);
      await createOnce(request, response, 'register', async (trx) => {
        const user = await insertUser(trx, { email, name, passwordHash });
        if (!user) {
          await failed();
          throw new Problem(problems.emailTaken, 'Sign in, or request a password reset.');
        }
        const job = await enqueueStart(trx, sendWelcomeEmail, { userId: user.id });
        return {
          response: {
            status: 201,
            headers: { Location: linkTo(`/api/users/${user.id}`) },
            body: { id: user.id, email: user.email, name: user.name, jobId: job.jobId },
          },
          jobs: [job],
        };
      });
    });
  });

  // The same work and the same response whether or not an account has the address, which is looked up when the email is due. An account
  // with too many requests also gets the same response: the emails of its earlier requests are pending.
  routes.post('/forgot-password', 'public', async (request, response) => {
    const { email } = parseBody(request, forgotPasswordBody);
    const entry = await deps.db.transaction().execute(async (trx) => {
      const account = accountKey(deps.secrets, email);
      const inserted = await insertResetRequest(trx, { email, accountKey: account });
      if (!inserted) return undefined;
      return enqueueStart(trx, sendPasswordReset, {
        accountKey: account,
        requestId: inserted.requestId,
        requestedAt: inserted.requestedAt.toISOString(),
        delayMs: deps.config.PASSWORD_RESET_DELAY,
      });
    });
    if (entry) deps.dispatcher.start([entry]);
    response.json({
      message: 'If an account has this address, an email with a link to reset its password is on the way.',
    });
  });

  routes.post('/reset-password', 'public', async (request, response) => {
    const { token, newPassword } = parseBody(request, resetPasswordBody);
    const tokenHash = hashToken(token);
    // Before the password is hashed, which takes much longer than this check: clients without a token must not cause
    // it.
    const fault = await findTokenFault(deps.db, tokenHash);
    if (fault) throw tokenProblem(fault);
    const passwordHash = await hashPassword(newPassword);
    const email = await deps.db.transaction().execute(async (trx) => {
      const use = await useResetToken(trx, tokenHash, passwordHash);
      if (use.status === 'used-now') return use.email;
      throw tokenProblem(use.status);
    });
    await endVoidReset(deps, accountKey(deps.secrets, email));
    response.status(204).end();
  });

  return routes;
}

function tokenProblem(fault: TokenFault): Problem {
  switch (fault) {
    case 'invalid':
      return new Problem(problems.invalidToken, 'Request a new password reset.');
    case 'expired':
      return new Problem(problems.tokenExpired, 'Request a new password reset.');
    case 'used-before':
      return new Problem(problems.tokenUsed, 'A token can be used once. Request a new password reset.');
  }
}
