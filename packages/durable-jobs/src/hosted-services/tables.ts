import type { Generated } from 'kysely';

/** The tables of hosted services, as Kysely sees them; the migrations are what makes them. */
export interface HostedServiceTables {
  hosted_services: {
    id: string;
    worker: string | null;
    started_at: Date | null;
    ended_at: Date | null;
    busy: Generated<boolean>;
    processed: Generated<number>;
    failed: Generated<number>;
    last_activity_at: Date | null;
    last_error: string | null;
    last_error_at: Date | null;
    paused_at: Date | null;
  };
}
