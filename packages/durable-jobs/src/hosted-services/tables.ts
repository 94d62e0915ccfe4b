import type { Generated } from 'kysely';

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
}
