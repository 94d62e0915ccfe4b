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
