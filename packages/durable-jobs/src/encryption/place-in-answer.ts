import type { Place } from './place.ts';

type Fields = Record<string, unknown>;

/**
 * The place of what a part of an engine's answer about a workflow contains: that of the activity or the other workflow that the
 * part is about, else `outer`. It knows events of histories, and pending activities.
 */
export function placeWithin(part: Fields, outer: Place): Place {
  // A pending activity; its events say the id too, where they schedule it.
  if ('activityId' in part && 'activityType' in part) return activityOf(outer, part.activityId);
  if (!('eventId' in part) || !('eventType' in part)) return outer;
  for (const [name, attributes] of Object.entries(part)) {
    if (!isFields(attributes)) continue;
    // The SDK's core records the results of local activities by markers.
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
