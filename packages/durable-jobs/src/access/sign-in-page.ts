import type { Role } from '../http/roles.ts';
import { markup } from '../html/markup.ts';
import { formPage } from '../html/form-page.ts';
import { linkTo } from '../http/mount.ts';

/** The page where a person signs in with a key. It works without scripts. */
export function signInPage({ next, problem }: { next: string; problem?: string }): string {
  return formPage({
    title: 'Sign in',
    body: markup`<form method="post" action="${linkTo('/login')}">
<input type="hidden" name="next" value="${next}">
<label for="key">API key</label>
<input id="key" name="key" type="password" autocomplete="current-password" autocapitalize="none" spellcheck="false"
  required autofocus aria-describedby="state help"${problem !== undefined && markup` aria-invalid="true"`}>
<button>Sign in</button>
</form>
<p id="state" role="status">${problem ?? ''}</p>
<p id="help">An operator creates keys with the command <code>keys create</code>. If you followed a link from another site and are
already signed in, <a href="${next}">continue</a>.</p>`,
  });
}

/** The same page for a person who is signed in. */
export function signedInPage({ name, role, next }: { name: string; role: Role; next: string }): string {
  return formPage({
    title: 'Signed in',
    body: markup`<p>You are signed in with the key of ${name} (${role}). <a href="${next}">Continue</a>.</p>
<form method="post" action="${linkTo('/logout')}"><button>Sign out</button></form>`,
  });
}
