import { LOCAL_API_KEY } from '../config/config.ts';
import { withoutSecrets } from '../config/url-password.ts';
import type { StackInfo } from './stack-file.ts';

/** What to print for a stack's API key: the local one, which everyone knows, or where the environment's own is. */
export function apiKeyOf({ apiKey, fromEnvFile }: Pick<StackInfo, 'apiKey' | 'fromEnvFile'>): string {
  if (apiKey === LOCAL_API_KEY) return apiKey;
  const source = ['API_KEY', 'API_KEY_FILE'].find((name) => fromEnvFile.includes(name));
  return source === undefined ? 'the one in API_KEY' : `the one in ${source} in .env`;
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
