import { randomUUID } from 'node:crypto';
import { Connection } from '@temporalio/client';
import { searchAttributes } from '../../packages/durable-jobs/src/engine/search-attributes.ts';

/** Creates a separate namespace, so that files that run concurrently do not take each other's tasks. */
export async function registerNamespace(
  address: string,
): Promise<{ namespace: string; connection: Connection }> {
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
  return { namespace, connection };
}
