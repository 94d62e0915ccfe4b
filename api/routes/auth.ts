import { Router } from 'express';
import { enqueueCancel, enqueueStart } from '../../platform/outbox/enqueue.ts';
import { catalogue } from '../../contracts/catalogue.ts';
import { jobId } from '../../contracts/define-job.ts';
import { hashPassword } from '../../platform/passwords.ts';
import { insertResetRequest, useResetToken } from '../../platform/repositories/password-resets.ts';
import { insertUser } from '../../platform/repositories/users.ts';
import { hashToken } from '../../platform/secrets.ts';
import type { AppDeps } from '../deps.ts';
import type { CreateOnce } from '../idempotent.ts';
import { Problem } from '../problem.ts';
import { forgotPasswordBody, registerBody, resetPasswordBody } from '../schemas.ts';
import { parseBody } from '../validate.ts';

/** Registration and password reset: the public routes. */
export function authRoutes(deps: AppDeps, createOnce: CreateOnce): Router {
  const router = Router();

  router.post('/register', async (request, response) => {
    const { email, name, password } = parseBody(request, registerBody);
    const passwordHash = await hashPassword(password);
    await createOnce(request, response, 'register', async (trx) => {
      const user = await insertUser(trx, { email, name, passwordHash });
      if (!user) throw new Problem('emailTaken', 'Sign in, or ask for a password reset.');
      const job = await enqueueStart(trx, 'sendWelcomeEmail', { userId: user.id });
      return {
        response: {
          status: 201,
          headers: { Location: `/api/users/${user.id}` },
          body: { id: user.id, email: user.email, name: user.name, jobId: job.jobId },
        },
        jobs: [job],
      };
    });
  });

  // The same work and the same answer whether anybody has the address or not: that is looked up when the email is due.
  router.post('/forgot-password', async (request, response) => {
    const { email } = parseBody(request, forgotPasswordBody);
    const entry = await deps.db.transaction().execute(async (trx) => {
      const { requestId, requestedAt } = await insertResetRequest(trx, email);
      return enqueueStart(trx, 'sendPasswordReset', {
        accountKey: deps.secrets.accountKey(email),
        requestId,
        requestedAt: requestedAt.toISOString(),
        delayMs: deps.config.PASSWORD_RESET_DELAY,
      });
    });
    await deps.dispatcher.dispatch(entry);
    response.json({
      message: 'If an account has this address, an email with a link to reset its password is on the way.',
    });
  });

  router.post('/reset-password', async (request, response) => {
    const { token, newPassword } = parseBody(request, resetPasswordBody);
    const passwordHash = await hashPassword(newPassword);
    const cancellation = await deps.db.transaction().execute(async (trx) => {
      const use = await useResetToken(trx, hashToken(token), passwordHash);
      switch (use.status) {
        case 'used-now':
          return enqueueCancel(trx, 'sendPasswordReset', passwordResetJobId(deps, use.email));
        case 'invalid':
          throw new Problem('invalidToken', 'Ask for a new password reset.');
        case 'expired':
          throw new Problem('tokenExpired', 'Ask for a new password reset.');
        case 'used-before':
          throw new Problem('tokenUsed', 'A token works once. Ask for a new password reset.');
      }
    });
    await deps.dispatcher.dispatch(cancellation);
    response.status(204).end();
  });

  return router;
}

/** Id of the job that sends an account's reset emails. */
export function passwordResetJobId({ secrets }: AppDeps, email: string): string {
  return jobId(catalogue.sendPasswordReset, {
    accountKey: secrets.accountKey(email),
    requestId: '',
    requestedAt: '',
    delayMs: 0,
  });
}
