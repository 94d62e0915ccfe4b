import { subjectOfJob } from '../../domain/accounts/subjects.ts';
import { randomBytes } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { clientEncryption } from '../../packages/durable-jobs/src/encryption/payload-encryption.ts';
import type { PayloadPolicy } from '../../packages/durable-jobs/src/config/payload-policy.ts';
import { parseKeyRing } from '../../packages/durable-jobs/src/values/key-ring.ts';
import type { ScheduleDefinition } from '../../packages/durable-jobs/src/schedules/definition.ts';
import { OWNER_MEMO, type ScheduleOwner } from '../../packages/durable-jobs/src/schedules/ownership.ts';
import { toOptions } from '../../packages/durable-jobs/src/schedules/temporal.ts';
import { eventually } from './jobs.ts';
import type { Service } from './service.ts';

/** Returns a new key with an id, in the format of PAYLOAD_KEYS. */
export const newKey = (id: string): string => `${id}:${randomBytes(32).toString('base64')}`;

/** Calls `act` with a client of a service's engine that only has these keys. */
export async function withKeys<T>(
  service: Service,
  payloadKeys: string | undefined,
  act: (client: Client) => Promise<T>,
  payloadEncryption: PayloadPolicy = 'any',
): Promise<T> {
  const connection = await Connection.connect({ address: service.temporalAddress });
  const encryption = clientEncryption(
    {
      PAYLOAD_KEYS: payloadKeys === undefined ? undefined : parseKeyRing(payloadKeys),
      PAYLOAD_ENCRYPTION: payloadEncryption,
    },
    { db: service.db, subjectOf: subjectOfJob },
  );
  try {
    return await act(
      new Client({
        connection,
        namespace: service.namespace,
        ...(encryption && { dataConverter: encryption.dataConverter }),
      }),
    );
  } finally {
    await connection.close();
  }
}

/** Creates a schedule as releases before 0.2.0 did: its owner is only in its memo, encrypted like everything else, without its place. */
export function createOlderSchedule(
  service: Service,
  payloadKeys: string,
  definition: ScheduleDefinition,
  owner: ScheduleOwner,
): Promise<unknown> {
  const options = toOptions(definition, owner);
  delete options.typedSearchAttributes;
  return withKeys(
    service,
    payloadKeys,
    (client) => client.schedule.create({ ...options, memo: { [OWNER_MEMO]: owner } }),
    'unbound',
  );
}

/** Deletes every closed run, as the engine does at the end of the namespace's retention. */
export async function passRetention({ client, namespace }: Service): Promise<void> {
  const query = `ExecutionStatus != 'Running'`;
  await eventually(async () => {
    let left = 0;
    for await (const { workflowId, runId } of client.workflow.list({ query })) {
      left++;
      const workflowExecution = { workflowId, runId };
      // A run that is already deleted may still be listed.
      await client.workflowService
        .deleteWorkflowExecution({ namespace, workflowExecution })
        .catch(() => undefined);
    }
    if (left > 0) throw new Error(`${left} closed runs were left`);
    // The engine removes a run from its lists a moment later.
  }, 60_000);
}
