import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { hostService, serviceIdOf, serviceJobId } from '../hosted-services/host-service.ts';
import { notifyService } from '../hosted-services/rows.ts';
import { renewServiceSignal } from '../hosted-services/signals.ts';
import { INDEXED_OPEN, isOpen } from '../engine/run-status.ts';
import type { Db } from '../database/connect.ts';
import { listUsedRingKeys, touchRingKeys } from '../encryption/ring-keys.ts';
import { listForeignSubjectKeys, rewrapSubjectKey } from '../encryption/subject-key-rows.ts';
import type { Scheduler } from '../schedules/scheduler.ts';
import { inTurn } from '../schedules/turn.ts';
import type { KeyRing } from '../values/key-ring.ts';
import type { JobPayloadCodec } from '../encryption/payload-codec.ts';
import { encryptedPayloads } from '../encryption/reveal.ts';
import { open, seal } from '../encryption/seal.ts';

/** People's keys per batch. */
const BATCH = 500;

/**
 * Re-encrypts people's keys with the first key of the ring, and returns how many.
 * @throws if the ring lacks the key that encrypts one of them.
 */
export async function rewrapPeople(db: Db, ring: KeyRing): Promise<number> {
  const { encrypting } = ring;
  let count = 0;
  for (;;) {
    const keys = await listForeignSubjectKeys(db, encrypting.id, BATCH);
    if (keys.length === 0) return count;
    for (const stored of keys) {
      const old = ring.find(stored.ringKeyId);
      if (!old || !stored.wrappedKey) throw new Error(`PAYLOAD_KEYS has no key "${stored.ringKeyId}".`);
      const wrappedKey = seal(encrypting.key, open(old.key, stored.wrappedKey, stored.id), stored.id);
      await rewrapSubjectKey(db, stored, { ringKeyId: encrypting.id, wrappedKey });
      count++;
    }
  }
}

/** Re-encrypts the input of each of our schedules. Schedules that are `unreadable` are left unchanged. */
export async function reencryptSchedules(
  db: Db,
  ring: KeyRing,
  scheduler: Pick<Scheduler, 'listIds' | 'reencrypt'>,
): Promise<{ reencrypted: number; unreadable: string[] }> {
  const unreadable: string[] = [];
  let reencrypted = 0;
  for (const id of await scheduler.listIds()) {
    const outcome = await inTurn(db, id, () => scheduler.reencrypt(id));
    if (outcome === 'unreadable') unreadable.push(id);
    if (outcome === 'reencrypted') reencrypted++;
  }
  // Until now, a schedule may have passed its old payloads on to a run.
  if (reencrypted > 0) {
    const others = (await listUsedRingKeys(db)).filter(({ id }) => id !== ring.encrypting.id);
    await touchRingKeys(
      db,
      others.map(({ id }) => id),
    );
  }
  return { reencrypted, unreadable };
}

/** Dependencies of the renewal of services: a client that does not decrypt, and the codec that checks what the client reads. */
interface Renewal {
  db: Db;
  client: Client;
  codec: Pick<JobPayloadCodec, 'isCurrent'>;
}

/**
 * Requests every hosted service whose run is encrypted with an older key to continue as a new run, paused or not. Returns their ids; a
 * worker does it within a moment.
 */
export async function renewServices(renewal: Renewal): Promise<string[]> {
  const renewed: string[] = [];
  // From the engine's list, because the command does not know an application's services.
  const query = `WorkflowType = '${hostService.type}' AND ExecutionStatus = '${INDEXED_OPEN}'`;
  for await (const { workflowId } of renewal.client.workflow.list({ query })) {
    const id = serviceIdOf(workflowId);
    const runId = await outdatedRun(renewal, id);
    if (runId === undefined) continue;
    await renewal.client.workflow.getHandle(workflowId, runId).signal(renewServiceSignal);
    await notifyService(renewal.db, id);
    renewed.push(id);
  }
  return renewed;
}

/** Whether a service's open run still has payloads that are encrypted with an older key. */
export async function isServiceOutdated(renewal: Renewal, serviceId: string): Promise<boolean> {
  return (await outdatedRun(renewal, serviceId)) !== undefined;
}

async function outdatedRun({ client, codec }: Renewal, serviceId: string): Promise<string | undefined> {
  try {
    const description = await client.workflow.getHandle(serviceJobId(serviceId)).describe();
    if (!isOpen(description)) return undefined;
    const { runId } = description;
    const { history } = await client.workflowService.getWorkflowExecutionHistory({
      namespace: client.options.namespace,
      execution: { workflowId: serviceJobId(serviceId), runId },
      maximumPageSize: 1,
    });
    return encryptedPayloads(history).every((payload) => codec.isCurrent(payload)) ? undefined : runId;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}
