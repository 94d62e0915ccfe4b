import { formPage, markup } from 'durable-jobs/html';
import { Routes, sendScript } from 'durable-jobs/http';

/** The page that the link in a reset email leads to. It reads the token after the `#`, which no server ever sees. */
export function passwordPageRoutes(): Routes {
  const routes = new Routes();
  routes.get('/reset-password', 'public', (_request, response) => {
    response.set({ 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' }).type('html').send(page);
  });
  // A file of its own, as the content security policy allows no script inside the page.
  routes.get(
    '/reset-password.js',
    'public',
    sendScript(new URL('browser/reset-password.js', import.meta.url)),
  );
  return routes;
}

const page = formPage({
  title: 'Choose a new password',
  script: '/reset-password.js',
  body: markup`<form>
<label for="password">New password</label>
<input id="password" type="password" autocomplete="new-password" minlength="8" maxlength="256" required
  aria-describedby="rule">
<p id="rule">At least 8 characters.</p>
<button>Change password</button>
</form>
<p role="status" aria-live="polite"></p>
<noscript><p>This page needs JavaScript. Without it, send the token of the email and a new password to
POST /api/auth/reset-password.</p></noscript>`,
});
