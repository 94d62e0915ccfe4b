import type { Place } from './place.ts';

type Fields = Record<string, unknown>;

/**
 * Returns the place of the payloads in a part of an engine's response about a workflow: that of the activity or other workflow that the
 * part describes, otherwise `outer`. It handles history events and pending activities.
 */
export function placeWithin(part: Fields, outer: Place): Place {
  // A pending activity; the event that schedules it also contains the id.
  if ('activityId' in part && 'activityType' in part) return activityOf(outer, part.activityId);
  if (!('eventId' in part) || !('eventType' in part)) return outer;
  for (const [name, attributes] of Object.entries(part)) {
    if (!isFields(attributes)) continue;
    // The SDK's core records the results of local activities as markers.
    if (/^(activityTask|markerRecorded)/.test(name)) return activityOf(outer, attributes.activityId);
    if (/^(startChildWorkflow|childWorkflow|signalExternalWorkflow)/.test(name)) {
      const execution = isFields(attributes.workflowExecution) ? attributes.workflowExecution : {};
      return {
        namespace: textOf(attributes.namespace) ?? outer.namespace,
        type: 'workflow',
        workflowId: textOf(attributes.workflowId) ?? textOf(execution.workflowId),
      };
    }
  }
  return outer;
}

function activityOf({ namespace, workflowId }: Place, activityId: unknown): Place {
  return { namespace, type: 'activity', workflowId, activityId: textOf(activityId) };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
