/**
 * Returns `url` with the password in it, encoded. A password that the URL itself contains takes precedence, as with libpq. A value that is
 * not a URL is returned unchanged.
 * @throws {Error} if the URL contains no user.
 */
export function withPassword(url: string, password: string | undefined): string {
  if (password === undefined || password === '' || !URL.canParse(url)) return url;
  const parsed = new URL(url);
  if (parsed.password !== '' || parsed.searchParams.has('password')) return url;
  if (parsed.username === '') throw new Error('a password requires a URL with a user name');
  // The setter alone would not encode percent signs.
  parsed.password = encodeURIComponent(password);
  return parsed.href;
}

/** Names of query parameters whose values are secrets. */
const secretParameter = /pass|secret|token|key|auth|signature|credential/i;

/**
 * Returns a URL as it may be printed: without its password and without query parameters and fragments that are secrets. Where the user alone is
 * the secret, as with tokens in HTTP URLs, without the user. For a text that is not a URL, returns only its scheme.
 */
export function withoutSecrets(text: string): string {
  if (!URL.canParse(text)) return `${/^[a-z][a-z\d+.-]*:/i.exec(text)?.[0] ?? ''}…`;
  const url = new URL(text);
  url.password = '';
  if (/^https?:$/.test(url.protocol)) url.username = '';
  for (const name of new Set(url.searchParams.keys()))
    if (secretParameter.test(name)) url.searchParams.delete(name);
  if (secretParameter.test(url.hash)) url.hash = '';
  return url.href;
}
