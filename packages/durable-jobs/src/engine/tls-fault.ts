import { isIP } from 'node:net';
import { connect } from 'node:tls';
import type { TemporalConfig } from '../config/loader.ts';
import { errorMessage } from '../process/errors.ts';
import { engineAddress } from './address.ts';

/** Time for the handshake, and for the refusal of a client's certificate, which comes after it; and for whether TLS is expected at all. */
const HANDSHAKE_MS = 10_000;
const PROBE_MS = 3_000;

/** The first bytes of an HTTP/2 client, with its settings: every server responds to them. */
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 'latin1');

/**
 * Returns what is wrong with TLS between this process and the engine, if that is why the engine cannot be reached. The errors of gRPC do not
 * say it, so this connects once more.
 */
export async function tlsFaultOf({
  connection,
}: Pick<TemporalConfig, 'connection'>): Promise<string | undefined> {
  const { hostname, port } = new URL(`tcp://${engineAddress({ connection })}`);
  const host = hostname.replaceAll(/[[\]]/g, '');
  const usesTls = connection.tls !== undefined && connection.tls !== null && connection.tls !== false;
  const { serverNameOverride, serverRootCACertificate, clientCertPair } =
    typeof connection.tls === 'object' && connection.tls !== null ? connection.tls : {};
  const servername = serverNameOverride ?? (isIP(host) === 0 ? host : undefined);
  const expectsTls = 'it expects TLS, and no TEMPORAL_TLS variable is set';
  const found = new Promise<string | undefined>((resolve) => {
    const socket = connect({
      host,
      port: Number(port || 7233),
      ALPNProtocols: ['h2'],
      rejectUnauthorized: usesTls,
      ...(servername !== undefined && { servername }),
      ...(serverRootCACertificate && { ca: Buffer.from(serverRootCACertificate) }),
      ...(clientCertPair && {
        cert: Buffer.from(clientCertPair.crt),
        key: Buffer.from(clientCertPair.key),
      }),
    });
    const end = (fault: string | undefined): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(fault);
    };
    const timer = setTimeout(() => end(undefined), usesTls ? HANDSHAKE_MS : PROBE_MS);
    socket.once('secureConnect', () => (usesTls ? socket.write(preface) : end(expectsTls)));
    socket.once('data', () => end(undefined));
    socket.once('close', () => end(undefined));
    socket.on('error', (error: Error) => {
      const fault = faultOf(error);
      if (usesTls) end(fault);
      else end(fault?.includes('alert') === true ? expectsTls : undefined);
    });
  });
  // A certificate or key that cannot be read is an error of the connection itself, which the caller has.
  return found.catch(() => undefined);
}

/** Describes an error of a TLS connection; undefined for errors of the network. */
function faultOf(error: Error): string | undefined {
  const { code = '', reason = errorMessage(error) } = error as { code?: string; reason?: string };
  if (/wrong version number|packet length too long/.test(reason)) return 'it does not use TLS';
  if (/alert (certificate required|handshake failure)/.test(reason))
    return `it requires a certificate of the client (${reason})`;
  if (reason.includes('alert')) return `it does not accept the certificate of the client (${reason})`;
  return /^(CERT_|ERR_TLS_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/.test(code)
    ? `its TLS certificate is not trusted (${errorMessage(error)})`
    : undefined;
}
