import { z } from 'zod';
import { idParams, jsonOrPage, type ResourceDocs, time } from 'durable-jobs/http';
import { exampleIds } from '../../contracts/example-ids.ts';

/** A user as JSON. */
export const userJson = z
  .strictObject({
    id: z.uuid(),
    email: z.string(),
    name: z.string(),
    createdAt: time,
    links: z.strictObject({ self: z.string(), welcomeEmailJob: z.string(), passwordResetJob: z.string() }),
  })
  .meta({ id: 'User' });

/** API description of users. */
export const userDocs: ResourceDocs = {
  name: 'Users',
  description: 'Registered users.',
  routes: {
    'GET /api/users/:id': {
      id: 'getUser',
      summary: 'Read a user',
      params: idParams,
      answers: {
        200: jsonOrPage('The user with links to their jobs.', userJson, {
          id: exampleIds.user,
          email: 'ada@example.com',
          name: 'Ada',
          createdAt: '2026-03-02T09:15:00.000Z',
          links: {
            self: `/api/users/${exampleIds.user}`,
            welcomeEmailJob: `/api/jobs/send-welcome-email:${exampleIds.user}`,
            passwordResetJob: '/api/jobs/send-password-reset:0f1e2d3c4b5a69788796a5b4c3d2e1f0',
          },
        }),
      },
      problems: ['notFound'],
    },
  },
};
