import { readFileSync } from 'node:fs';

/** The variables of a `.env` file; none where there is no such file. Node reads such files itself from 20.12 on only. */
export function readEnvFile(path: string): Record<string, string> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return {};
  }
  return parseEnv(text);
}

/** Reads `NAME=value` lines: comments, `export`, and quotes, within which `#` is no comment and \n is a line break. */
export function parseEnv(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/.exec(line);
    const [, name, raw] = match ?? [];
    if (name === undefined || raw === undefined) continue;
    const quoted = /^(["'`])(.*?)\1\s*(?:#.*)?$/.exec(raw);
    const [, quote, inner] = quoted ?? [];
    if (inner === undefined) values[name] = raw.replace(/(^|\s+)#.*$/, '');
    else values[name] = quote === '"' ? inner.replaceAll('\\n', '\n') : inner;
  }
  return values;
}
