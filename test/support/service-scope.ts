import { pino } from 'pino';
import { runHosted } from '../../packages/durable-jobs/src/hosted-services/host.ts';
import type {
  HostedService,
  ServiceProgress,
} from '../../packages/durable-jobs/src/hosted-services/hosted-service.ts';
import { services } from '../../contracts/services.ts';
import type { Db } from '../../domain/database/schema.ts';

/** A hosted service that a test runs without Temporal, with its real lock, notifications and row. */
export interface RunningService {
  /** Everything that it has reported. */
  reports: ServiceProgress[];
  /** Resolves when the run has ended. Rejects with its error. */
  ended: Promise<void>;
  /** Stops it, as a pause or a stopping worker does, and waits until it has ended. */
  stop: () => Promise<void>;
}

/** Starts a run of a service with a test's database. Stop it before the test ends. */
export function runService(
  serviceId: string,
  service: HostedService,
  { db, databaseUrl, worker = 'test' }: { db: Db; databaseUrl: string; worker?: string },
): RunningService {
  // A service without a declaration, such as a consumer, names its channel itself.
  const declared = services.find(serviceId) ?? { id: serviceId, description: '', channel: serviceId };
  const stopping = new AbortController();
  const reports: ServiceProgress[] = [];
  const ended = runHosted({
    service: { ...declared, ...service },
    db,
    database: databaseUrl,
    worker,
    logger: pino({ level: 'silent' }),
    signal: stopping.signal,
    reported: (progress) => reports.push(progress),
  });
  ended.catch(() => undefined);
  return {
    reports,
    ended,
    stop: () => {
      stopping.abort('the test is over');
      return ended;
    },
  };
}
