import type { Role } from '../http/roles.ts';
import { LOCAL_API_KEY } from '../config/config.ts';
import { markup, type Markup } from '../html/markup.ts';
import { formPage } from '../html/form-page.ts';
import { linkTo } from '../http/mount.ts';
import type { LocalKey } from './local-key.ts';

/** The page where a person signs in with a key. It works without scripts. */
export function signInPage({
  next,
  problem,
  localKey,
}: {
  next: string;
  problem?: string;
  /** Where the key of this machine is: see {@link localKeyOf}. */
  localKey?: LocalKey | undefined;
}): string {
  return formPage({
    title: 'Sign in',
    body: markup`<p>This is the console of the background jobs of this service: it shows every job, why it is in its state, and what an operator can do
about it.</p>
<form method="post" action="${linkTo('/login')}">
<input type="hidden" name="next" value="${next}">
<label for="key">API key</label>
<input id="key" name="key" type="password" autocomplete="current-password" autocapitalize="none" spellcheck="false"
  required autofocus aria-describedby="state help"${problem !== undefined && markup` aria-invalid="true"`}>
<button>Sign in</button>
</form>
<p id="state" role="status">${problem ?? ''}</p>
<p id="help">${localKey && describeLocalKey(localKey)}An operator creates keys with the command <code>keys create</code>. If you followed a link from another site and are
already signed in, <a href="${next}">continue</a>.</p>`,
  });
}

function describeLocalKey(key: LocalKey): Markup {
  return key === 'well-known'
    ? markup`On this machine, the key is <code>${LOCAL_API_KEY}</code>. `
    : markup`On this machine, the key is the one in <code>API_KEY</code>, which <code>.env</code> or the terminal that started the service sets. `;
}

/** The same page for a person who is signed in. */
export function signedInPage({ name, role, next }: { name: string; role: Role; next: string }): string {
  return formPage({
    title: 'Signed in',
    body: markup`<p>You are signed in with the key of ${name} (${role}). <a href="${next}">Continue</a>.</p>
<form method="post" action="${linkTo('/logout')}"><button>Sign out</button></form>`,
  });
}
