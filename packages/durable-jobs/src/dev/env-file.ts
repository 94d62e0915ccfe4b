import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

/** Returns the variables of a `.env` file; none if the file does not exist. */
export function readEnvFile(path: string): NodeJS.ProcessEnv {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
  return parseEnv(text);
}
