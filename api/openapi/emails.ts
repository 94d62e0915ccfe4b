import type { z } from 'zod';
import { pageJson } from '../json.ts';
import { emailJson } from '../present-email.ts';
import { emailsQuery } from '../routes/emails.ts';
import { idParams } from '../schemas.ts';
import { json, type ResourceDocs } from './describe.ts';
import { exampleIds } from './examples.ts';

const dead: z.output<typeof emailJson> = {
  id: exampleIds.email,
  template: 'newsletter',
  status: 'dead',
  sender: 'service',
  recipient: 'a***@example.com',
  userId: null,
  messageId: '<newsletter-17@example.com>',
  attempts: 8,
  lastError: '550 no such mailbox',
  createdAt: '2026-03-01T09:15:00.000Z',
  nextAttemptAt: null,
  sentAt: null,
  links: { self: `/api/emails/${exampleIds.email}` },
};

/** Documentation of emails. */
export const emailDocs: ResourceDocs = {
  name: 'Emails',
  description: 'What became of each email. What it says, and to whom exactly, is not told.',
  routes: {
    'GET /api/emails': {
      id: 'listEmails',
      summary: 'List the emails, newest first',
      query: emailsQuery,
      answers: {
        200: json('A page of emails.', pageJson(emailJson), { items: [dead], nextCursor: null }),
      },
    },
    'GET /api/emails/:id': {
      id: 'getEmail',
      summary: 'Read what became of an email',
      params: idParams,
      answers: { 200: json('The email.', emailJson, dead) },
      problems: ['notFound'],
    },
    'POST /api/emails/:id/requeue': {
      id: 'requeueEmail',
      summary: 'Try an email again that the service gave up',
      params: idParams,
      answers: {
        202: json('It is due.', emailJson, {
          ...dead,
          status: 'pending',
          attempts: 0,
          nextAttemptAt: '2026-03-02T09:15:00.000Z',
        }),
      },
      problems: ['notFound', 'emailOfJob', 'emailNotDead'],
    },
  },
};
