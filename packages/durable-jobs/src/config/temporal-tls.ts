import { createSecureContext } from 'node:tls';
import type { ClientConfigProfile, ClientConnectConfig } from '@temporalio/envconfig';
import { errorMessage } from '../process/errors.ts';
import { pem } from './tls.ts';

/** The variables that have no effect on connections without TLS. */
const certificates = /^TEMPORAL_TLS_(CLIENT|SERVER)_/;

/** Returns the settings of TLS with the engine that the SDK would ignore without a word, a line for each problem. */
export function temporalTlsProblems(
  { tls }: ClientConfigProfile,
  { connectionOptions: { tls: loaded } }: ClientConnectConfig,
  env: Readonly<Record<string, string>>,
): string[] {
  if (/^(true|1)$/i.test(env.TEMPORAL_TLS_DISABLE_HOST_VERIFICATION ?? ''))
    return [
      'TEMPORAL_TLS_DISABLE_HOST_VERIFICATION: is not supported; set TEMPORAL_TLS_SERVER_CA_CERT_PATH and TEMPORAL_TLS_SERVER_NAME',
    ];
  if (!tls) return [];
  if (tls.disabled === true)
    return Object.keys(env).some((name) => certificates.test(name))
      ? ['TEMPORAL_TLS: must not be false if a certificate or the name of the server is set']
      : [];
  if ((tls.clientCert === undefined) !== (tls.clientKey === undefined))
    return ['TEMPORAL_TLS_CLIENT_CERT_*: must be set together with TEMPORAL_TLS_CLIENT_KEY_*'];
  if (typeof loaded !== 'object' || loaded === null) return [];
  const [ca, cert, key] = [
    loaded.serverRootCACertificate,
    loaded.clientCertPair?.crt,
    loaded.clientCertPair?.key,
  ].map((bytes) => bytes && Buffer.from(bytes).toString());
  const wrong = Object.entries({ SERVER_CA_CERT: ca, CLIENT_CERT: cert, CLIENT_KEY: key }).find(
    ([, text]) => text !== undefined && !pem.safeParse(text).success,
  );
  if (wrong) return [`TEMPORAL_TLS_${wrong[0]}_*: must be in PEM format`];
  try {
    createSecureContext({ ca, cert, key });
    return [];
  } catch (error) {
    return [`TEMPORAL_TLS_*: cannot be used: ${errorMessage(error)}`];
  }
}
