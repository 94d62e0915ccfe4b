import { z } from 'zod';
import { forgotPasswordBody, registerBody, resetPasswordBody } from '../schemas.ts';
import { empty, idempotencyHeaders, json, jsonBody, type ResourceDocs } from 'durable-jobs/http';
import { problems } from '../../contracts/problems.ts';
import { exampleIds } from '../../contracts/example-ids.ts';

const registered = z.strictObject({
  id: z.uuid(),
  email: z.string(),
  name: z.string(),
  jobId: z.string().meta({ description: 'The job that sends the welcome email.' }),
});

/** API description of registration and password reset. */
export const authDocs: ResourceDocs = {
  name: 'Accounts',
  description:
    'Registration and password reset. These routes are public and rate-limited per client address.',
  routes: {
    'POST /api/auth/register': {
      id: 'register',
      summary: 'Register',
      description:
        'Stores the user and the start of the job that sends the welcome email in one transaction.',
      access: 'public',
      headers: idempotencyHeaders,
      body: jsonBody(registerBody, {
        email: 'ada@example.com',
        name: 'Ada',
        password: 'correct horse battery',
      }),
      answers: {
        201: json(
          'The user is registered, and the email will be sent.',
          registered,
          {
            id: exampleIds.user,
            email: 'ada@example.com',
            name: 'Ada',
            jobId: `send-welcome-email:${exampleIds.user}`,
          },
          { Location: 'The user.' },
        ),
      },
      problems: [problems.emailTaken, 'idempotencyKeyReused', 'tooManyRequests'],
    },
    'POST /api/auth/forgot-password': {
      id: 'forgotPassword',
      summary: 'Request a password reset',
      description:
        'The email is sent after `PASSWORD_RESET_DELAY`; another request restarts the wait. The response is the same whether or not an account has this address.',
      access: 'public',
      body: jsonBody(forgotPasswordBody, { email: 'ada@example.com' }),
      answers: {
        200: json('The request was accepted.', z.strictObject({ message: z.string() }), {
          message:
            'If an account has this address, an email with a link to reset its password is on the way.',
        }),
      },
      problems: ['tooManyRequests'],
    },
    'POST /api/auth/reset-password': {
      id: 'resetPassword',
      summary: 'Set a new password with the token from the email',
      access: 'public',
      body: jsonBody(resetPasswordBody, {
        token: 'q1W2e3R4t5Y6u7I8o9P0',
        newPassword: 'a new battery staple',
      }),
      answers: { 204: empty('The password is changed, and the token is no longer valid.') },
      problems: [problems.invalidToken, problems.tokenExpired, problems.tokenUsed, 'tooManyRequests'],
    },
  },
};
