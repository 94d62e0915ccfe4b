import type { z } from 'zod';
import { pageJson } from '../http/json.ts';
import { jsonOrPage, type ResourceDocs } from '../http/openapi/describe.ts';
import { exampleIds } from '../http/openapi/examples.ts';
import { resolutionDocs } from '../http/resolutions.ts';
import { idParams } from '../http/schemas.ts';
import { deadLettersQuery } from './dead-letter-routes.ts';
import { deadLetterInListJson, deadLetterJson, deadLetterWithBodyJson } from './json.ts';

const letter: z.output<typeof deadLetterJson> = {
  id: exampleIds.deadLetter,
  queue: 'incoming',
  status: 'open',
  reason: { code: 'validation_failed', message: 'name: Too small: expected string to have >=1 characters' },
  messageId: exampleIds.message,
  correlationId: null,
  contentType: 'application/json',
  properties: {},
  times: 1,
  firstSeenAt: '2026-03-02T09:20:00.000Z',
  lastSeenAt: '2026-03-02T09:20:00.000Z',
  resolvedAt: null,
  discardReason: null,
  omitted: [],
  links: { self: `/api/dead-letters/${exampleIds.deadLetter}` },
};

const resolvedAt = '2026-03-02T10:00:00.000Z';

/** API description of dead letters. */
export const deadLetterDocs: ResourceDocs = {
  name: 'Dead letters',
  description: 'Messages that could not be handled.',
  routes: {
    'GET /api/dead-letters': {
      id: 'listDeadLetters',
      summary: 'List the messages that could not be handled, newest first',
      query: deadLettersQuery,
      answers: {
        200: jsonOrPage('A page of dead letters, without their bodies.', pageJson(deadLetterInListJson), {
          items: [{ ...letter, bytes: 174 }],
          nextCursor: null,
        }),
      },
    },
    'GET /api/dead-letters/:id': {
      id: 'getDeadLetter',
      summary: 'Read a dead letter with its body',
      description: 'The body is what the sender wrote: **it may contain personal data**.',
      access: 'operator',
      params: idParams,
      answers: {
        200: jsonOrPage('The dead letter.', deadLetterWithBodyJson, {
          ...letter,
          body: { encoding: 'utf8', content: '{"name":""}' },
        }),
      },
      problems: ['notFound'],
    },
    ...resolutionDocs({
      path: '/api/dead-letters',
      noun: 'dead letter',
      name: 'DeadLetter',
      params: idParams,
      item: deadLetterJson,
      requeue: {
        summary: 'Publish a dead letter again, unchanged',
        answer: 'The message will be published.',
        example: { ...letter, status: 'requeued', resolvedAt },
      },
      discard: {
        answer: 'The dead letter is discarded; it is deleted after `MESSAGE_RETENTION`.',
        example: { ...letter, status: 'discarded', resolvedAt, discardReason: 'It was a test message.' },
      },
      closed: 'deadLetterClosed',
    }),
  },
};
