import type { z } from 'zod';
import { pageJson } from '../http/json.ts';
import { emailJson } from './json.ts';
import { emailsQuery } from './routes.ts';
import { idParams } from '../http/schemas.ts';
import { json, jsonOrPage, type ResourceDocs } from '../http/openapi/describe.ts';

const id = '5b0f6f0e-7a3a-4a53-9f5e-2f1f0c7d9b11';

const example: z.output<typeof emailJson> = {
  id,
  template: 'message',
  status: 'dead',
  sender: 'service',
  recipient: 'a***@example.com',
  userId: null,
  messageId: '4a3c3468-592c-448b-8501-a3a635964088@durable-jobs',
  attempts: 1,
  lastError: 'the mail server refused the email (EENVELOPE 550)',
  createdAt: '2026-03-02T09:16:00.000Z',
  nextAttemptAt: null,
  sentAt: null,
  links: { self: `/api/emails/${id}` },
};

/** API description of emails. */
export const emailDocs: ResourceDocs = {
  name: 'Emails',
  description:
    'The state of each email. Never contains its content, and only the first character and the domain of its recipient.',
  routes: {
    'GET /api/emails': {
      id: 'listEmails',
      summary: 'List the emails, newest first',
      query: emailsQuery,
      answers: {
        200: jsonOrPage('A page of emails.', pageJson(emailJson), { items: [example], nextCursor: null }),
      },
    },
    'GET /api/emails/:id': {
      id: 'getEmail',
      summary: 'Read the state of an email',
      params: idParams,
      answers: { 200: jsonOrPage('The email.', emailJson, example) },
      problems: ['notFound'],
    },
    'POST /api/emails/:id/requeue': {
      id: 'requeueEmail',
      summary: 'Requeue a dead email',
      description:
        'The email gets all its attempts again, under the same Message-ID. Emails of jobs cannot be requeued here; their jobs send them.',
      params: idParams,
      answers: {
        202: json('The email is pending again.', emailJson, {
          ...example,
          status: 'pending',
          attempts: 0,
          nextAttemptAt: '2026-03-02T10:00:00.000Z',
        }),
      },
      problems: ['notFound', 'emailNotDead', 'emailOfJob'],
    },
  },
};
