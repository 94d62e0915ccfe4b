import { empty, json, text, type ResourceDocs } from '../http/openapi/describe.ts';
import { z } from 'zod';
import type { JobRegistry } from '../jobs/registry.ts';
import { dashboardQuery } from './dashboard.ts';

const toSignIn = empty('A browser without a session: to the sign-in page.', { Location: '`/login?next=…`' });

/** Documentation of the pages for people, and of this document. */
export function pageDocs(jobs: JobRegistry): ResourceDocs {
  return {
    name: 'Pages',
    description: 'For people, in a browser.',
    routes: {
      'GET /': {
        id: 'openHome',
        summary: 'See how everything stands',
        description:
          'Health, jobs by type and status, what failed, schedules, services, queues, workers and bulk jobs. It keeps itself up to date; a part that does not answer says so.',
        access: 'viewer',
        answers: {
          200: text('A page.', 'text/html', '<!doctype html>…'),
          302: toSignIn,
        },
      },
      'GET /dashboard': {
        id: 'openDashboard',
        summary: "Go to the Web UI's view of a job or of some jobs",
        description: '`job` is one job; `type` and `status` say which ones to list.',
        access: 'viewer',
        query: dashboardQuery(jobs),
        answers: { 302: empty('To the Web UI, or to the sign-in page.', { Location: 'The view.' }) },
        problems: ['internalError'],
      },
      'GET /openapi.json': {
        id: 'getApiDocument',
        summary: 'Read this document',
        answers: {
          200: json('OpenAPI 3.1.', z.looseObject({ openapi: z.string() }), { openapi: '3.1.1' }),
        },
      },
      'GET /docs': {
        id: 'openDocs',
        summary: 'Browse this document, and try it out',
        answers: { 200: text('A page.', 'text/html', '<!doctype html>…') },
      },
      'GET /login': {
        id: 'openSignIn',
        summary: 'Sign in with a key',
        description: 'Where a browser is led that asks for something without a session.',
        query: z.object({ next: z.string().optional() }),
        answers: { 200: text('A page.', 'text/html', '<!doctype html>…') },
      },
      'POST /login': {
        id: 'signIn',
        summary: 'Start a session',
        description: 'For the form of that page alone.',
        body: {
          required: true,
          content: {
            'application/x-www-form-urlencoded': {
              schema: z.object({ key: z.string(), next: z.string().optional() }),
              example: { key: 'djk_…', next: '/' },
            },
          },
        },
        answers: {
          303: empty('To where the person wanted to go, with the cookie.', {
            Location: 'A path of this service.',
          }),
          401: text('The page again: there is no such key.', 'text/html', '<!doctype html>…'),
          429: text('The page again: too many wrong keys.', 'text/html', '<!doctype html>…'),
        },
        problems: ['crossOriginRequest'],
      },
      'POST /logout': {
        id: 'signOut',
        summary: 'End a session',
        answers: { 303: empty('To the sign-in page.', { Location: '`/login`' }) },
        problems: ['crossOriginRequest'],
      },
    },
  };
}

/** Scripts, styles and pictures that the pages load; they are no part of the interface. */
export const pageFiles: readonly string[] = ['GET /docs/:file', 'GET /home.js'];
