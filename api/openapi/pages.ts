import { json, text, type ResourceDocs } from './describe.ts';
import { z } from 'zod';

/** Documentation of the pages for people, and of this document. */
export const pageDocs: ResourceDocs = {
  name: 'Pages',
  description: 'For people, in a browser.',
  routes: {
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
    'GET /reset-password': {
      id: 'openResetPassword',
      summary: 'Choose a new password',
      description:
        'Where the link of a reset email leads to. The token stands after the `#`, which no server sees.',
      answers: { 200: text('A page.', 'text/html', '<!doctype html>…') },
    },
  },
};

/** Scripts, styles and pictures that the pages load; they are no part of the interface. */
export const pageFiles: readonly string[] = ['GET /reset-password.js', 'GET /docs/:file'];
