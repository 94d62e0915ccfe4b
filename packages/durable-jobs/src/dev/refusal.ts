import { errorMessage } from '../process/errors.ts';

/**
 * PostgreSQL's codes of connections that fail again until someone changes the configuration or the server: a protocol violation, such as by
 * another kind of server; a refused connection; a role, a password or a database that is not valid; a dropped database; a full disk; a limit
 * of the configuration.
 */
const lasting = /^(08P01|08004|28...|3D000|57P04|53100|53400)$/;

/** Node's codes of TLS certificates that are not trusted. */
const certificate = /^(CERT_|ERR_TLS_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_SSL_)/;

/** gRPC status codes: NOT_FOUND of a namespace, PERMISSION_DENIED and UNAUTHENTICATED. */
const grpcLasting = [5, 7, 16];

/** Texts of lasting failures that have no code, or only that of an unavailable server. */
const texts: readonly (readonly [pattern: RegExp, refusal: string])[] = [
  [/Name resolution failed for target (dns:)?/, 'its host name does not exist'],
  [
    /The server does not support SSL connections/,
    'it does not support TLS, which the URL requires with sslmode',
  ],
  [/error establishing an SSL connection/, 'it is not a PostgreSQL server, so the port may be wrong'],
  [/wrong version number|packet length too long/, 'it does not respond with TLS, which the client expects'],
  [/alert no application protocol/, 'it is not a Temporal server, so the port may be wrong'],
  [/certificate/i, 'its TLS certificate is not trusted'],
  [/client password must be a string/, 'it requires a password'],
];

/**
 * Returns why a server cannot be used, if waiting would not change that; undefined for all other errors. At the start of a local stack, a host
 * name that does not exist is a typing error, unlike in a deployment.
 */
export function refusalOf(error: unknown): string | undefined {
  for (let current = error; current instanceof Error; current = current.cause) {
    const { code } = current as { code?: unknown };
    const message = errorMessage(current);
    if (code === 'ENOTFOUND') return 'its host name does not exist (ENOTFOUND)';
    if (typeof code === 'string' && lasting.test(code)) return `${message} (${code})`;
    if (typeof code === 'string' && certificate.test(code))
      return `its TLS certificate is not trusted (${message}, ${code})`;
    if (typeof code === 'number' && grpcLasting.includes(code)) return message;
    for (const [pattern, refusal] of texts) if (pattern.test(message)) return refusal;
  }
  return undefined;
}
