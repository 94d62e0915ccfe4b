import { empty, json, text, type ResourceDocs } from '../http/openapi/describe.ts';
import { z } from 'zod';
import type { JobRegistry } from '../jobs/registry.ts';
import { pageFiles as scripts } from '../http/page-file-routes.ts';
import { dashboardQuery } from './dashboard.ts';

const toSignIn = empty('Redirects a browser without a session to the sign-in page.', {
  Location: '`/login?next=…`',
});

/** API description of the pages for people, and of this document. */
export function pageDocs(jobs: JobRegistry): ResourceDocs {
  return {
    name: 'Pages',
    description:
      'Web pages for people. The addresses of lists and of single resources also return pages to requests whose `Accept` prefers `text/html`, as that of browsers does, unless they send a key and accept JSON. Problems of such requests are pages too.',
    routes: {
      'GET /': {
        id: 'openHome',
        summary: 'Show the state of the whole system',
        description:
          'Shows health, jobs by type and status, failures, schedules, services, queues, workers and bulk jobs. The page refreshes itself. If a component does not respond, its section says so.',
        access: 'viewer',
        answers: {
          200: text('A page.', 'text/html', '<!doctype html>…'),
          302: toSignIn,
        },
      },
      'GET /dashboard': {
        id: 'openDashboard',
        summary: "Open the Web UI's view of a job or of a list of jobs",
        description: '`job` selects one job; `type` and `status` select a list of jobs.',
        access: 'viewer',
        query: dashboardQuery(jobs),
        answers: {
          302: empty('Redirects to the Web UI, or to the sign-in page.', { Location: 'The view.' }),
        },
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
        summary: 'Browse this document and try it out',
        answers: { 200: text('A page.', 'text/html', '<!doctype html>…') },
      },
      'GET /login': {
        id: 'openSignIn',
        summary: 'Sign in with a key',
        description: 'A browser without a session is redirected here.',
        query: z.object({ next: z.string().optional() }),
        answers: { 200: text('A page.', 'text/html', '<!doctype html>…') },
      },
      'POST /login': {
        id: 'signIn',
        summary: 'Start a session',
        description: 'Only for the form of the sign-in page.',
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
          303: empty('Redirects to the requested page, and sets the cookie.', {
            Location: 'A path of this service.',
          }),
          401: text('The page again: the key is not valid.', 'text/html', '<!doctype html>…'),
          429: text(
            'The page again, because there were too many wrong keys.',
            'text/html',
            '<!doctype html>…',
          ),
        },
        problems: ['crossOriginRequest'],
      },
      'POST /logout': {
        id: 'signOut',
        summary: 'End a session',
        answers: { 303: empty('Redirects to the sign-in page.', { Location: '`/login`' }) },
        problems: ['crossOriginRequest'],
      },
    },
  };
}

/** Scripts, styles and images of the pages, which are not part of the API. */
export const pageFiles: readonly string[] = ['GET /docs/:file', ...scripts];
