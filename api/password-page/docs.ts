import { type RouteDocs, text } from 'durable-jobs/http';

/** API description of the page on which a new password is chosen. */
export const passwordPageDocs: Record<string, RouteDocs> = {
  'GET /reset-password': {
    id: 'openResetPassword',
    summary: 'Choose a new password',
    description:
      'The link in a reset email opens this page. The token follows the `#`, which browsers do not send to servers.',
    answers: { 200: text('A page.', 'text/html', '<!doctype html>…') },
  },
};

/** What that page loads; it is no part of the interface. */
export const passwordPageFiles: readonly string[] = ['GET /reset-password.js'];
