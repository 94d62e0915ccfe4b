import type { Generated } from 'kysely';

/** The tables of hosted services, as Kysely sees them; the migrations are what makes them. */
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
