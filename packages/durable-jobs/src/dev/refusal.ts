import { lookup } from 'node:dns/promises';
import { causesOf, errorMessage } from '../process/errors.ts';

/**
 * PostgreSQL's codes of connections that fail again until someone changes the configuration or the server: a role, a password or a database
 * that is not valid; a dropped database; a full disk; a limit of the configuration. Class 08 is not among them: connection poolers give its
 * codes to failures that pass.
 */
const lasting = /^(28...|3D000|57P04|53100|53400)$/;

/** Node's codes of TLS certificates that are not trusted. */
const certificate = /^(CERT_|ERR_TLS_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_SSL_)/;

/** gRPC status codes: NOT_FOUND of a namespace, PERMISSION_DENIED and UNAUTHENTICATED. */
const grpcLasting = [5, 7, 16];

/** Texts of lasting failures that have no code, or only that of an unavailable server. */
const texts: readonly (readonly [pattern: RegExp, refusal: string])[] = [
  [/unsupported frontend protocol/, 'it does not support the protocol of this client'],
  [
    /The server does not support SSL connections/,
    'it does not support TLS, which DATABASE_TLS_* or sslmode in the URL requires',
  ],
  [/error establishing an SSL connection/, 'it is not a PostgreSQL server, so the port may be wrong'],
  [/wrong version number|packet length too long/, 'it does not respond with TLS, which the client expects'],
  [/alert no application protocol/, 'it is not a Temporal server, so the port may be wrong'],
  [/certificate/i, 'its TLS certificate is not trusted'],
  [/client password must be a string/, 'it requires a password'],
];

/**
 * Returns why a server cannot be used, if waiting would not change that; undefined for all other errors. At the start of a local stack, a host
 * name that does not exist is a typing error, unlike in a deployment. gRPC reports all failures to resolve a name alike, so the name of the
 * address is looked up then.
 */
export async function refusalOf(error: unknown, address?: URL): Promise<string | undefined> {
  for (const current of causesOf(error)) {
    const { code } = current as { code?: unknown };
    const message = errorMessage(current);
    if (code === 'ENOTFOUND') return 'its host name does not exist (ENOTFOUND)';
    if (typeof code === 'string' && lasting.test(code)) return `${message} (${code})`;
    if (typeof code === 'string' && certificate.test(code))
      return `its TLS certificate is not trusted (${message}, ${code})`;
    if (typeof code === 'number' && grpcLasting.includes(code)) return message;
    if (address && message.includes('Name resolution failed for target') && (await isUnknownHost(address)))
      return `its host name does not exist (${message})`;
    for (const [pattern, refusal] of texts) if (pattern.test(message)) return `${refusal} (${message})`;
  }
  return undefined;
}

/** Whether the host of an address does not exist, rather than that its name cannot be resolved at present. */
async function isUnknownHost({ hostname }: URL): Promise<boolean> {
  try {
    await lookup(hostname);
    return false;
  } catch (error) {
    return (error as { code?: unknown }).code === 'ENOTFOUND';
  }
}
