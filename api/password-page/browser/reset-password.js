/** The script of the page on which a new password is chosen, for browsers: see api/password-page/routes.ts. */
export {};

/**
 * Returns the page's one element that a selector finds.
 * @template {HTMLElement} T
 * @param {string} selector
 * @param {new () => T} kind
 */
function one(selector, kind) {
  const element = document.querySelector(selector);
  if (!(element instanceof kind)) throw new Error(`the page has no ${selector}`);
  return element;
}

const form = one('form', HTMLFormElement);
const button = one('form button', HTMLButtonElement);
const password = one('#password', HTMLInputElement);
const notice = one('[role=status]', HTMLElement);
const token = new URLSearchParams(location.hash.slice(1)).get('token');

/** @param {string} text */
function sayAndClose(text) {
  notice.textContent = text;
  form.hidden = true;
}

async function changePassword() {
  button.disabled = true;
  try {
    const response = await fetch(new URL('api/auth/reset-password', import.meta.url), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ token, newPassword: password.value }),
    });
    if (response.ok) {
      history.replaceState(null, '', location.pathname);
      sayAndClose('Your password was changed. You can now sign in with it.');
      return;
    }
    /** @type {{ title: string, detail: string, errors?: { message: string }[] }} */
    const problem = await response.json();
    const reasons = (problem.errors ?? []).map((error) => error.message).join(', ');
    notice.textContent = `${problem.title}. ${reasons || problem.detail}`;
  } catch {
    notice.textContent =
      'No response came. Your password may have been changed: try to sign in with the new one.';
  }
  button.disabled = false;
}

if (!token) sayAndClose('This link is incomplete. Please open it from the email again.');
form.addEventListener('submit', (event) => {
  event.preventDefault();
  void changePassword();
});
