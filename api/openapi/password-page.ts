import { type RouteDocs, text } from 'durable-jobs/http';

/** Documentation of the page on which a new password is chosen. */
export const passwordPageDocs: Record<string, RouteDocs> = {
  'GET /reset-password': {
    id: 'openResetPassword',
    summary: 'Choose a new password',
    description:
      'Where the link of a reset email leads to. The token stands after the `#`, which no server sees.',
    answers: { 200: text('A page.', 'text/html', '<!doctype html>…') },
  },
};

/** What that page loads; it is no part of the interface. */
export const passwordPageFiles: readonly string[] = ['GET /reset-password.js'];
