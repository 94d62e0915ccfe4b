import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { Db } from '../database/connect.ts';
import { serviceJobId } from './host-service.ts';
import type { ServiceDefinition } from './define-service.ts';
import { stateOf, type ServiceStateName } from './state-name.ts';
import { readHostedServices, readShares, type HostedServiceRow, type ShareRow } from './rows.ts';
import { isEngineUnavailable } from '../engine/client.ts';
import { isOpen } from '../engine/run-status.ts';
import { workflowUrl } from '../engine/web-ui.ts';
import { withinTime } from '../process/within-time.ts';
import { callTimeoutMs } from '../http/timeouts.ts';
import { linkTo } from '../http/mount.ts';
import { linkToJob } from '../jobs/link-to-job.ts';

/** A service as JSON. */
export interface ServiceView {
  id: string;
  jobId: string;
  description: string;
  state: ServiceStateName;
  /** Whether it is working, rather than waiting for work. */
  busy: boolean;
  /** The worker that runs it, or last ran it. For a service that runs on every worker: the one that reports to the engine. */
  worker: string | null;
  /** The workers of a service that runs on every worker; empty for other services. */
  workers: ServiceWorkerView[];
  /** When the current run began; null if it is not running. */
  since: string | null;
  /** Units of work since the service was created. */
  processed: number;
  failed: number;
  lastActivityAt: string | null;
  lastError: { message: string; at: string } | null;
  pausedAt: string | null;
  links: { self: string; job: string; ui: string };
}

/** One worker's share of a service that runs on every worker, as JSON. The figures count from the start of the share. */
export interface ServiceWorkerView {
  worker: string;
  since: string;
  busy: boolean;
  processed: number;
  failed: number;
  lastActivityAt: string | null;
  lastError: { message: string; at: string } | null;
}

/** Dependencies of reading services. */
export interface ServiceReader {
  db: Db;
  client: Client;
  uiUrl: string;
  /** Time limit of calls to the engine; the database's data is returned without it. */
  engineTimeoutMs?: number;
}

/** Returns the current state of these services. */
export async function readServices(
  reader: ServiceReader,
  services: readonly ServiceDefinition[],
): Promise<ServiceView[]> {
  const ids = services.map(({ id }) => id);
  const [rows, shares, paused] = await Promise.all([
    readHostedServices(reader.db, ids),
    readShares(reader.db, ids),
    Promise.all(ids.map((id) => isPaused(reader, id))),
  ]);
  return services.flatMap((service, index) => {
    const row = rows.get(service.id);
    return row
      ? [present(reader, service, { row, shares: shares.get(service.id) ?? [] }, paused[index])]
      : [];
  });
}

/**
 * Whether the service's workflow has paused it: it then has neither an activity nor a task, and only waits for a message. Undefined if the
 * engine does not respond or has no such workflow.
 */
async function isPaused(
  { client, engineTimeoutMs = callTimeoutMs }: ServiceReader,
  id: string,
): Promise<boolean | undefined> {
  try {
    const describe = () =>
      client.withDeadline(Date.now() + engineTimeoutMs, () =>
        client.workflow.getHandle(serviceJobId(id)).describe(),
      );
    // A client without a connection waits for one beyond the deadline of its call.
    const description = await withinTime(engineTimeoutMs, describe, deadlineExceeded);
    if (!isOpen(description)) return undefined;
    const { raw } = description;
    return (raw.pendingActivities ?? []).length === 0 && !raw.pendingWorkflowTask;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || isEngineUnavailable(error)) return undefined;
    throw error;
  }
}

/** Like the client's own error: 4 is gRPC's DEADLINE_EXCEEDED. */
const deadlineExceeded = (): Error => Object.assign(new Error('the engine did not respond'), { code: 4 });

function present(
  { client, uiUrl }: ServiceReader,
  { id, description, onEveryWorker = false }: ServiceDefinition,
  { row, shares }: { row: HostedServiceRow; shares: readonly ShareRow[] },
  paused: boolean | undefined,
): ServiceView {
  const [first] = shares;
  const state = stateOf({ onEveryWorker, row, shares: shares.length, paused });
  return {
    id,
    jobId: serviceJobId(id),
    description,
    state,
    busy: first ? shares.some(({ busy }) => busy) : state === 'running' && row.busy,
    worker: row.worker,
    workers: shares.map(presentShare),
    since: state === 'running' ? iso(first?.startedAt ?? row.startedAt) : null,
    processed: row.processed,
    failed: row.failed,
    lastActivityAt: iso(row.lastActivityAt),
    lastError: errorOf(row),
    pausedAt: iso(row.pausedAt),
    links: {
      self: linkTo(`/api/services/${id}`),
      job: linkToJob(serviceJobId(id)),
      ui: workflowUrl({ uiUrl, namespace: client.options.namespace }, serviceJobId(id)),
    },
  };
}

function presentShare({ startedAt, lastActivityAt, ...share }: ShareRow): ServiceWorkerView {
  const { worker, busy, processed, failed } = share;
  return {
    worker,
    since: startedAt.toISOString(),
    busy,
    processed,
    failed,
    lastActivityAt: iso(lastActivityAt),
    lastError: errorOf(share),
  };
}

function errorOf({ lastError, lastErrorAt }: Pick<ShareRow, 'lastError' | 'lastErrorAt'>) {
  return lastError !== null && lastErrorAt ? { message: lastError, at: lastErrorAt.toISOString() } : null;
}

const iso = (time: Date | null): string | null => time?.toISOString() ?? null;
