/**
 * Returns `url` with the password in it, encoded. A password that the URL itself contains takes precedence, as with libpq.
 * What is no URL is returned as it is.
 * @throws {Error} if the URL names no user.
 */
export function withPassword(url: string, password: string | undefined): string {
  if (password === undefined || password === '' || !URL.canParse(url)) return url;
  const parsed = new URL(url);
  if (parsed.password !== '' || parsed.searchParams.has('password')) return url;
  if (parsed.username === '') throw new Error('a password requires a URL with a user');
  // The setter alone would leave percent signs as they are.
  parsed.password = encodeURIComponent(password);
  return parsed.href;
}
