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

/** The environment of a stack, and the names of the variables that its folder's `.env` has set. */
export interface EnvironmentWithFile {
  env: NodeJS.ProcessEnv;
  fromEnvFile: string[];
}

/** Adds the variables of a `.env` file to an environment. What the environment sets wins, be it empty. */
export function withEnvFile(env: NodeJS.ProcessEnv, path: string): EnvironmentWithFile {
  const inFile = Object.entries(readEnvFile(path)).filter(([name]) => env[name] === undefined);
  return {
    env: { ...Object.fromEntries(inFile), ...env },
    fromEnvFile: inFile.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [name])),
  };
}
