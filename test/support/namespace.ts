import { randomUUID } from 'node:crypto';
import { Client, Connection, ScheduleNotFoundError, WorkflowNotFoundError } from '@temporalio/client';
import { defaultPayloadConverter, type PayloadCodec } from '@temporalio/common';
import { searchAttributes } from '../../packages/durable-jobs/src/engine/search-attributes.ts';

/**
 * Creates a separate namespace, so that files that run concurrently do not take each other's tasks. `close` ends what is still running in it,
 * for which the server must respond, and closes the connection.
 */
export async function registerNamespace(
  address: string,
): Promise<{ namespace: string; connection: Connection; close: () => Promise<void> }> {
  const connection = await Connection.connect({ address });
  const namespace = `test-${randomUUID()}`;
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  });
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(Object.values(searchAttributes).map(({ name }) => [name, 2])),
  });
  return {
    namespace,
    connection,
    close: async () => {
      await endRuns(new Client({ connection, namespace, dataConverter: { payloadCodecs: [unread] } }));
      await connection.close();
    },
  };
}

/** Reads each payload as nothing: memos can be encrypted with keys that only the file has. */
const unread: PayloadCodec = {
  encode: (payloads) => Promise.resolve(payloads),
  decode: (payloads) => Promise.resolve(payloads.map(() => defaultPayloadConverter.toPayload(undefined))),
};

/**
 * Ends the schedules and open runs of a namespace. Without a worker, the server would go on with them, a little more with each file: starts,
 * timeouts, retries.
 */
async function endRuns({ schedule, workflow }: Client): Promise<void> {
  // The server's lists lag behind: what a test has just ended may still be in them.
  const unlessGone = (error: unknown): void => {
    if (!(error instanceof WorkflowNotFoundError || error instanceof ScheduleNotFoundError)) throw error;
  };
  for await (const { scheduleId } of schedule.list())
    await schedule.getHandle(scheduleId).delete().catch(unlessGone);
  const ending: Promise<unknown>[] = [];
  for await (const { workflowId, runId } of workflow.list({ query: "ExecutionStatus = 'Running'" })) {
    const run = workflow.getHandle(workflowId, runId);
    ending.push(run.terminate('the tests of its file have ended').catch(unlessGone));
  }
  await Promise.all(ending);
}
