import type { ShopWorkerConfig } from '../../domain/config.ts';
import type { Db } from '../../domain/database/schema.ts';
import type { PaymentProvider } from '../../domain/payments/provider.ts';

/** Dependencies of the reconciliation's activities. */
export interface ReconciliationDeps {
  db: Db;
  payments: PaymentProvider;
  settings: Pick<
    ShopWorkerConfig,
    'RECONCILIATION_WINDOW' | 'RECONCILIATION_QUIET_TIME' | 'PAYMENTS_PER_SECOND'
  >;
}
