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

interface ServerRules {
  /** The protocols of URLs that use TLS. */
  protocols: readonly string[];
  /** Returns the part of the URL's query that contradicts the variables, as an error names it, if this option does. */
  contradiction: (option: string, value: string) => string | undefined;
}

/** The servers whose TLS has variables of its own. */
const servers = {
  DATABASE: {
    protocols: ['postgres:', 'postgresql:'],
    // The certificate and its name are always verified with the variables, which is what these modes require at most.
    contradiction(option, value) {
      if (option === 'sslmode')
        return ['require', 'verify-ca', 'verify-full'].includes(value) ? undefined : `?sslmode=${value}`;
      return ['ssl', 'sslcert', 'sslkey', 'sslrootcert', 'uselibpqcompat'].includes(option)
        ? `?${option}`
        : undefined;
    },
  },
  SMTP: {
    protocols: ['smtp:', 'smtps:'],
    // The mail client lets options in the URL decide.
    contradiction: (option) =>
      /^(?:requireTLS|ignoreTLS|secure|tls(?:\.|$))/i.test(option) ? `?${option}` : undefined,
  },
  AMQP: { protocols: ['amqps:'], contradiction: () => undefined },
} satisfies Record<string, ServerRules>;
type Server = keyof typeof servers;

const parts = ['CA', 'CERT', 'KEY'] as const;

/** The names of a server's variables. */
export const tlsVariablesOf = (server: Server): readonly string[] =>
  parts.map((part) => `${server}_TLS_${part}`);

/** The names of all these variables, whose values have several lines. */
export const tlsVariables: readonly string[] = (Object.keys(servers) as Server[]).flatMap(tlsVariablesOf);

type TlsVariables = Partial<
  Record<`${Server}_TLS_${(typeof parts)[number]}` | `${Server}_URL`, string | undefined>
>;

/** Returns the settings of a server; undefined if none of its variables is set. */
export function tlsOf(server: Server, variables: TlsVariables): TlsSettings | undefined {
  // An empty variable counts as absent.
  const [ca, cert, key] = parts.map((part) => {
    const value = variables[`${server}_TLS_${part}`];
    return value === '' ? undefined : value;
  });
  return ca === undefined && cert === undefined && key === undefined ? undefined : { ca, cert, key };
}

/** The problem of variables of TLS with a server that no URL names. */
export const tlsWithoutUrl = (server: Server): string => `${server}_TLS_*: requires ${server}_URL`;

/** Returns what is wrong with the settings of each server, a line for each problem. */
export function tlsProblems(variables: TlsVariables): string[] {
  return (Object.keys(servers) as Server[]).flatMap((server) => {
    const tls = tlsOf(server, variables);
    if (!tls) return [];
    const name = `${server}_TLS`;
    const url = variables[`${server}_URL`];
    // A command whose configuration is valid without a database does not connect to one.
    if (url === undefined) return server === 'DATABASE' ? [] : [tlsWithoutUrl(server)];
    const { protocols, contradiction }: ServerRules = servers[server];
    const { protocol, searchParams } = new URL(url);
    if (!protocols.includes(protocol))
      return [`${name}_*: requires ${server}_URL to begin with ${protocols.join('// or ')}//`];
    for (const [option, value] of searchParams) {
      const found = contradiction(option, value);
      if (found !== undefined) return [`${name}_*: cannot be set together with ${found} in ${server}_URL`];
    }
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
