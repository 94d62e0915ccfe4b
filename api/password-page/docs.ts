import { type RouteDocs, text } from 'durable-jobs/http';

/** API description of the page on which a person chooses a new password. */
export const passwordPageDocs: Record<string, RouteDocs> = {
  'GET /reset-password': {
    id: 'openResetPassword',
    summary: 'Choose a new password',
    description:
      'The link in a reset email opens this page. The token follows the `#`, which browsers do not send to servers.',
    answers: { 200: text('A page.', 'text/html', '<!doctype html>…') },
  },
};

/** The script of that page, which is not part of the API. */
export const passwordPageFiles: readonly string[] = ['GET /reset-password.js'];
