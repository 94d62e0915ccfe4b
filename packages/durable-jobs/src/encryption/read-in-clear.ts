import type { Connection } from '@temporalio/client';
import type { JobPayloadCodec } from './payload-codec.ts';
import type { Place } from './place.ts';
import { revealPayloads } from './reveal.ts';

/** Decrypts histories and descriptions that are read directly from the service instead of through the SDK's data converter. */
export function readInClear({ workflowService }: Connection, codec: JobPayloadCodec): void {
  const history = workflowService.getWorkflowExecutionHistory.bind(workflowService);
  const describe = workflowService.describeWorkflowExecution.bind(workflowService);
  Object.assign(workflowService, {
    getWorkflowExecutionHistory: async (request: Parameters<typeof history>[0]) =>
      revealPayloads(await history(request), codec, placeOf(request)),
    describeWorkflowExecution: async (request: Parameters<typeof describe>[0]) =>
      revealPayloads(await describe(request), codec, placeOf(request)),
  });
}

/** Returns the place of the payloads in a response, from the request about a workflow. */
function placeOf({
  namespace,
  execution,
}: {
  namespace?: string | null;
  execution?: { workflowId?: string | null } | null;
}): Place {
  return {
    type: 'workflow',
    namespace: namespace ?? undefined,
    workflowId: execution?.workflowId ?? undefined,
  };
}
