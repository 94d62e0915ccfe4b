import { formPage, markup } from 'durable-jobs/html';
import { linkTo, Routes, sendScript } from 'durable-jobs/http';

/** Returns the page that the link in a reset email opens. Its script reads the token after the `#`, which is never sent to a server. */
export function passwordPageRoutes(): Routes {
  const routes = new Routes();
  routes.get('/reset-password', 'public', (_request, response) => {
    response
      .set({ 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' })
      .type('html')
      .send(passwordPage());
  });
  // A separate file, because the content security policy allows no inline scripts.
  routes.get(
    '/reset-password.js',
    'public',
    sendScript(new URL('browser/reset-password.js', import.meta.url)),
  );
  return routes;
}

const passwordPage = (): string =>
  formPage({
    title: 'Choose a new password',
    script: linkTo('/reset-password.js'),
    body: markup`<form>
<label for="password">New password</label>
<input id="password" type="password" autocomplete="new-password" minlength="8" maxlength="256" required
  aria-describedby="rule">
<p id="rule">At least 8 characters.</p>
<button>Change password</button>
</form>
<p role="status" aria-live="polite"></p>
<noscript><p>This page needs JavaScript. Without it, send the token of the email and a new password to
POST ${linkTo('/api/auth/reset-password')}.</p></noscript>`,
  });
