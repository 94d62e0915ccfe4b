import { z } from 'zod';

/**
 * The place that a payload belongs to, as far as it is known: the SDK's serialization context. Lists, a schedule's own memo and the codec
 * endpoint know only the namespace, or nothing.
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

/** Formats a place for a payload's metadata. */
export function formatPlace({ namespace, type, workflowId, activityId }: Place = {}): string {
  return JSON.stringify({ namespace, type, workflowId, activityId } satisfies Place);
}

/** Parses the output of {@link formatPlace}. @throws if the text is anything else. */
export function parsePlace(text: string): Place {
  return claim.parse(JSON.parse(text));
}

/**
 * Whether the place that a payload names matches the place where it was found. Unknown parts match anything: a payload must never pass for
 * that of another place, but not every reader knows the place.
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

/** Suffix that the engine appends to a schedule's workflow id to name a run: its nominal time, in UTC and whole seconds. */
const RUN_OF_SCHEDULE = /-\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

/**
 * The engine passes a schedule's input to each run, and the last result or failure of one run to the next, so the runs of one schedule
 * count as one workflow.
 */
function isSameWorkflow(claimed: string, actual: string): boolean {
  if (claimed === actual) return true;
  if (!RUN_OF_SCHEDULE.test(actual)) return false;
  return claimed.replace(RUN_OF_SCHEDULE, '') === actual.replace(RUN_OF_SCHEDULE, '');
}

/** Describes a place for messages, with ids only. */
export function describePlace({ namespace, type, workflowId, activityId }: Place): string {
  const parts = [
    type === 'activity' ? `activity ${activityId ?? 'of unknown id'}` : undefined,
    workflowId === undefined ? undefined : `workflow ${workflowId}`,
    namespace === undefined ? undefined : `namespace ${namespace}`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? 'an unknown place' : parts.join(' of ');
}
