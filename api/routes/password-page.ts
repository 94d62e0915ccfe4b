import { formPage, markup } from 'durable-jobs/html';
import { Routes } from 'durable-jobs/http';

/** The page that the link in a reset email leads to. It reads the token after the `#`, which no server ever sees. */
export function passwordPageRoutes(): Routes {
  const routes = new Routes();
  routes.get('/reset-password', 'public', (_request, response) => {
    response.set({ 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' }).type('html').send(page);
  });
  // A file of its own, as the content security policy allows no script inside the page.
  routes.get('/reset-password.js', 'public', (_request, response) => {
    response.type('js').send(script);
  });
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

const script = `'use strict';
const form = document.querySelector('form');
const status = document.querySelector('[role=status]');
const token = new URLSearchParams(location.hash.slice(1)).get('token');
const sayAndClose = (text) => { status.textContent = text; form.hidden = true; };
if (!token) sayAndClose('This link is not complete. Please open it from the email again.');
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const button = form.querySelector('button');
  button.disabled = true;
  try {
    const response = await fetch('/api/auth/reset-password', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ token, newPassword: form.querySelector('input').value }),
    });
    if (response.ok) {
      history.replaceState(null, '', location.pathname);
      sayAndClose('Your password was changed. You can sign in with it now.');
      return;
    }
    const problem = await response.json();
    const reasons = (problem.errors ?? []).map((error) => error.message).join(', ');
    status.textContent = problem.title + '. ' + (reasons || problem.detail);
  } catch {
    status.textContent = 'The server could not be reached. Please try again.';
  }
  button.disabled = false;
});
`;
