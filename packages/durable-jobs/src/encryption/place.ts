import { z } from 'zod';

/**
 * Where a payload belongs, as far as it is known: the SDK's serialization context. Lists, a schedule's own memo and the codec
 * endpoint know no more than the namespace, or nothing.
 */
export interface Place {
  namespace?: string | undefined;
  /** Whether it belongs to a workflow itself, or to one of its activities. */
  type?: 'workflow' | 'activity' | undefined;
  workflowId?: string | undefined;
  activityId?: string | undefined;
}

const claim = z.strictObject({
  namespace: z.string().optional(),
  type: z.enum(['workflow', 'activity']).optional(),
  workflowId: z.string().optional(),
  activityId: z.string().optional(),
});

/** Writes down where a payload belongs, for its metadata. */
export function formatPlace({ namespace, type, workflowId, activityId }: Place = {}): string {
  return JSON.stringify({ namespace, type, workflowId, activityId } satisfies Place);
}

/** Reads what {@link formatPlace} wrote. @throws if it is something else. */
export function parsePlace(text: string): Place {
  return claim.parse(JSON.parse(text));
}

/**
 * Whether what a payload says of its place agrees with where it was found. What either side does not know agrees with anything:
 * the payload of one place must never pass for that of another, and not every reader knows its place.
 */
export function isSamePlace(claimed: Place, actual: Place): boolean {
  const agrees = (name: 'namespace' | 'type' | 'activityId'): boolean =>
    claimed[name] === undefined || actual[name] === undefined || claimed[name] === actual[name];
  return (
    agrees('namespace') &&
    agrees('type') &&
    agrees('activityId') &&
    (claimed.workflowId === undefined ||
      actual.workflowId === undefined ||
      isSameWorkflow(claimed.workflowId, actual.workflowId))
  );
}

/** What the engine adds to the workflow id of a schedule's action to name a run: its nominal time, in UTC and whole seconds. */
const RUN_OF_SCHEDULE = /-\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

/**
 * The engine hands a schedule's input to each run, and the last result, or failure, of one run to the next: the runs of one
 * schedule count as one workflow.
 */
function isSameWorkflow(claimed: string, actual: string): boolean {
  if (claimed === actual) return true;
  if (!RUN_OF_SCHEDULE.test(actual)) return false;
  return claimed.replace(RUN_OF_SCHEDULE, '') === actual.replace(RUN_OF_SCHEDULE, '');
}

/** A place in words, for messages: ids alone. */
export function describePlace({ namespace, type, workflowId, activityId }: Place): string {
  const parts = [
    type === 'activity' ? `activity ${activityId ?? 'of unknown id'}` : undefined,
    workflowId === undefined ? undefined : `workflow ${workflowId}`,
    namespace === undefined ? undefined : `namespace ${namespace}`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? 'an unknown place' : parts.join(' of ');
}
