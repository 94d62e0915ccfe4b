import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { FILE_SUFFIX } from '../config/variable-files.ts';

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

/** Adds the variables of a `.env` file to an environment. What the environment sets wins, be it empty or a file with the value. */
export function withEnvFile(env: NodeJS.ProcessEnv, path: string): EnvironmentWithFile {
  const inFile = Object.entries(readEnvFile(path)).filter(([name]) => !isGiven(env, name));
  return {
    env: { ...Object.fromEntries(inFile), ...env },
    fromEnvFile: inFile.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [name])),
  };
}

/**
 * Whether an environment sets a variable: by itself, or by the file that `<name>_FILE` names. An empty variable counts, because it turns off
 * what other sources set; with an empty `<name>_FILE`, the value is not in a file.
 */
export function isGiven(env: NodeJS.ProcessEnv, name: string): boolean {
  const ofFile = name.endsWith(FILE_SUFFIX) ? name.slice(0, -FILE_SUFFIX.length) : name;
  return env[name] !== undefined || env[ofFile] !== undefined || (env[name + FILE_SUFFIX] ?? '') !== '';
}
