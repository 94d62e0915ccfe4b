import type pg from 'pg';
import type { TlsSettings } from '../config/tls.ts';

/** A database: its URL, with TLS as the URL's options say, or the URL and the settings of TLS, which the URL's options do not change. */
export type DatabaseServer = string | { url: string; tls?: TlsSettings | undefined };

/** The options in a URL with which it would decide about TLS instead of the settings. */
const tlsOptions = ['ssl', 'sslmode', 'sslcert', 'sslkey', 'sslrootcert', 'uselibpqcompat'];

/**
 * Returns how `pg` connects to a database. With settings of TLS, nothing is sent unless the server offers TLS with a certificate for its
 * host that the authorities signed.
 */
export function connectionTo(server: DatabaseServer): Pick<pg.ClientConfig, 'connectionString' | 'ssl'> {
  const { url, tls } = typeof server === 'string' ? { url: server } : server;
  if (!tls) return { connectionString: url };
  const withoutTls = new URL(url);
  for (const option of tlsOptions) withoutTls.searchParams.delete(option);
  // A copy, because pg changes it.
  return { connectionString: withoutTls.href, ssl: { ...tls } };
}
