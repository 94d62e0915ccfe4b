import { LOCAL_API_KEY } from '../config/config.ts';
import { FILE_SUFFIX } from '../config/variable-files.ts';
import { withoutSecrets } from '../config/url-password.ts';
import type { StackInfo } from './stack-file.ts';

/** What to print for a stack's API key: the local one, which everyone knows, or where the environment's own is. */
export function apiKeyOf(info: Pick<StackInfo, 'apiKey' | 'fromEnvFile' | 'valueFiles'>): string {
  if (info.apiKey === LOCAL_API_KEY) return info.apiKey;
  const { name, inEnvFile } = sourceOf(info, 'API_KEY');
  return `the one in ${name}${inEnvFile ? ' in .env' : ''}`;
}

/** Returns the variable that gave a stack a value, `<name>_FILE` if a file did, and whether `.env` has set it. */
export function sourceOf(
  { fromEnvFile, valueFiles = [] }: Pick<StackInfo, 'fromEnvFile' | 'valueFiles'>,
  variable: string,
): { name: string; inEnvFile: boolean } {
  const inFile = variable + FILE_SUFFIX;
  const name = [...valueFiles, ...fromEnvFile].includes(inFile) ? inFile : variable;
  return { name, inEnvFile: fromEnvFile.includes(name) };
}

/** Returns the URL of a stack's database; without its password, unless the database is the stack's own. */
export function databaseOf({ urls, processes }: Pick<StackInfo, 'urls' | 'processes'>): string {
  return processes.postgres === undefined ? withoutSecrets(urls.database) : urls.database;
}

/** Returns the URL of a stack's Temporal Web UI, which may be a server of others. */
export function temporalUiOf({ urls }: Pick<StackInfo, 'urls'>): string {
  return urls.temporalUi === '' ? '' : withoutSecrets(urls.temporalUi).replace(/\/$/, '');
}

/** Returns a line for each name with a value, the values in one column. */
export function listed(rows: readonly (readonly [name: string, value: string | undefined])[]): string[] {
  return rows.flatMap(([name, value = '']) => (value === '' ? [] : [`  ${name.padEnd(17)}${value}`]));
}
