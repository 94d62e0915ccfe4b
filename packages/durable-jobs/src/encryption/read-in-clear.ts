import type { Connection } from '@temporalio/client';
import type { JobPayloadCodec } from './payload-codec.ts';
import type { Place } from './place.ts';
import { revealPayloads } from './reveal.ts';

/** Lets everybody who reads histories and descriptions as they come, rather than by the SDK, have them in clear. */
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

/** What a question about one workflow says of where the payloads of its answer belong. */
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
