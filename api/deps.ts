import type { ShopApiConfig } from '../domain/config.ts';
import type { Db } from '../domain/database/schema.ts';
import type { ApiDeps } from 'durable-jobs/api';

/** Dependencies of the application's routes: those of the library's routes, and its own configuration. */
export interface AppDeps extends Omit<ApiDeps, 'db' | 'description' | 'updateRefusals'> {
  db: Db;
  config: ApiDeps['config'] & Pick<ShopApiConfig, 'PASSWORD_RESET_DELAY'>;
}
