import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { simpleParser, type ParsedMail } from 'mailparser';

/** Text that no history may contain: a password or token, or a piece of an email's text. */
export interface SecretInUse {
  kind: 'password' | 'token' | 'address' | 'mail body';
  text: string;
}

const FILE = 'secrets-in-use.jsonl';

/** Fields of a request's body that contain secrets. */
const fields: Record<string, SecretInUse['kind']> = {
  password: 'password',
  newPassword: 'password',
  token: 'token',
  email: 'address',
};

/** Shorter texts are common words. */
const SHORTEST = { password: 8, token: 20, address: 6, 'mail body': 24 };

/** Ids, figures, links, addresses and tokens, which differ between emails. */
const variable = /\S*\d\S*|\S+@\S+|https?:\S+|[\w-]{43}/;

/** Records what a test sends to the public routes, for the search at the end of the run. */
export function noteRequest(folder: string, body: unknown): void {
  if (typeof body !== 'object' || body === null) return;
  const values = Object.entries(body).flatMap(([name, value]): SecretInUse[] => {
    const kind = fields[name];
    return kind && typeof value === 'string' ? [{ kind, text: value }] : [];
  });
  note(folder, values);
}

/** Records the recipient and the content of an email. */
export function noteMail(folder: string, mail: ParsedMail): void {
  note(folder, secretsOf(mail));
}

function note(folder: string, secrets: readonly SecretInUse[]): void {
  const lines = secrets
    .filter(({ kind, text }) => text.length >= SHORTEST[kind])
    .map((secret) => JSON.stringify(secret));
  if (lines.length > 0) appendFileSync(join(folder, FILE), `${lines.join('\n')}\n`);
}

function secretsOf(mail: ParsedMail): SecretInUse[] {
  const addresses = [mail.to].flat().flatMap((to) => to?.value.map(({ address }) => address ?? '') ?? []);
  const text = mail.text ?? '';
  return [
    ...addresses.map((address) => ({ kind: 'address', text: address }) as const),
    ...[...text.matchAll(/token=([\w-]+)/g)].map(
      ([, token = '']) => ({ kind: 'token', text: token }) as const,
    ),
    ...text
      .split(/[\r\n]+/)
      .flatMap((line) => line.split(variable))
      .map((piece) => ({ kind: 'mail body', text: piece.trim() }) as const),
  ];
}

/** Returns everything that was recorded in a run, without duplicates, and the content of the emails in its inbox. */
export async function secretsInUse(folder: string, mailFolder: string): Promise<SecretInUse[]> {
  for (const file of filesOf(mailFolder).filter((name) => name.endsWith('.eml'))) {
    noteMail(folder, await simpleParser(readFileSync(join(mailFolder, file))));
  }
  const lines = filesOf(folder).includes(FILE) ? readFileSync(join(folder, FILE), 'utf8').split('\n') : [];
  return [...new Set(lines)].filter(Boolean).map((line) => JSON.parse(line) as SecretInUse);
}

function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
