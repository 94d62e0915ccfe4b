import type { Generated } from 'kysely';
import type { CreatedAt } from '../database/columns.ts';

/** Kysely types of the tables of hosted services. The migrations create the tables. */
export interface HostedServiceTables {
  hostedServices: {
    id: string;
    worker: string | null;
    startedAt: Date | null;
    endedAt: Date | null;
    busy: Generated<boolean>;
    processed: Generated<number>;
    failed: Generated<number>;
    lastActivityAt: Date | null;
    lastError: string | null;
    lastErrorAt: Date | null;
    pausedAt: Date | null;
  };
  hostedServiceWorkers: {
    serviceId: string;
    worker: string;
    startedAt: CreatedAt;
    seenAt: CreatedAt;
    busy: Generated<boolean>;
    processed: Generated<number>;
    failed: Generated<number>;
    lastActivityAt: Date | null;
    lastError: string | null;
    lastErrorAt: Date | null;
  };
}
