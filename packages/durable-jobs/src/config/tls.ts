import { createSecureContext } from 'node:tls';
import { z } from 'zod';
import { errorMessage } from '../process/errors.ts';

/** What a client of a server with TLS has, in PEM format, besides the authorities that Node.js knows. */
export interface TlsSettings {
  /** The authorities that signed the server's certificate, in place of those that Node.js knows. `NODE_EXTRA_CA_CERTS` adds to them. */
  ca?: string | undefined;
  /** The client's certificate and key, for mutual TLS. */
  cert?: string | undefined;
  key?: string | undefined;
}

/** One or several certificates, or a key, in PEM format. */
export const pem = z.string().regex(/-----BEGIN [A-Z ]+-----\r?\n/, 'must be in PEM format');

/** The servers whose TLS has variables of its own, by the protocols of their URLs that use TLS. */
const servers = { SMTP: ['smtp:', 'smtps:'], AMQP: ['amqps:'] } as const;
type Server = keyof typeof servers;

const parts = ['CA', 'CERT', 'KEY'] as const;

/** The names of all these variables, whose values have several lines. */
export const tlsVariables: readonly string[] = Object.keys(servers).flatMap((server) =>
  parts.map((part) => `${server}_TLS_${part}`),
);

type TlsVariables = Partial<
  Record<`${Server}_TLS_${(typeof parts)[number]}` | `${Server}_URL`, string | undefined>
>;

/** Returns the settings of a server; undefined if none of its variables is set. */
export function tlsOf(server: Server, variables: TlsVariables): TlsSettings | undefined {
  const [ca, cert, key] = parts.map((part) => variables[`${server}_TLS_${part}`]);
  return ca === undefined && cert === undefined && key === undefined ? undefined : { ca, cert, key };
}

/** Whether an option of a mail server's URL would overrule the variables. */
function decidesTls(option: string): boolean {
  return /^(?:requireTLS|ignoreTLS|secure|tls(?:\.|$))/i.test(option);
}

/** Returns what is wrong with the settings of each server, a line for each problem. */
export function tlsProblems(variables: TlsVariables): string[] {
  return (Object.keys(servers) as Server[]).flatMap((server) => {
    const tls = tlsOf(server, variables);
    if (!tls) return [];
    const name = `${server}_TLS`;
    const url = variables[`${server}_URL`];
    const protocols: readonly string[] = servers[server];
    if (url !== undefined && !protocols.includes(new URL(url).protocol))
      return [`${name}_*: requires ${server}_URL to begin with ${protocols.join('// or ')}//`];
    // The mail client lets options in the URL decide.
    const option = url === undefined ? undefined : [...new URL(url).searchParams.keys()].find(decidesTls);
    if (option !== undefined) return [`${name}_*: cannot be set together with ?${option} in ${server}_URL`];
    if ((tls.cert === undefined) !== (tls.key === undefined))
      return [`${name}_CERT: must be set together with ${name}_KEY`];
    try {
      createSecureContext(tls);
      return [];
    } catch (error) {
      return [`${name}_*: cannot be used: ${errorMessage(error)}`];
    }
  });
}
