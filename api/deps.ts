import type { ShopApiConfig } from '../domain/config.ts';
import type { Db } from '../domain/database/schema.ts';
import type { ApiDeps } from 'durable-jobs/api';

/** What the application's routes work with: what the library's do, and its own configuration. */
export interface AppDeps extends Omit<ApiDeps, 'db' | 'description' | 'updateRefusals'> {
  db: Db;
  config: ApiDeps['config'] & Pick<ShopApiConfig, 'PASSWORD_RESET_DELAY'>;
}
