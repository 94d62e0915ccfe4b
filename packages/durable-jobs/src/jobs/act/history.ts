import type { Client, WorkflowHandle } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { pauseJobSignal, rescheduleJobSignal, resumeJobSignal } from '../signals.ts';
import type { JobRules } from './job-rules.ts';
import type { JobRun } from './job-run.ts';

type Event = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>[number];

/** Whether the last message about it holds a run back, as its history has it. */
export async function isHeld(client: Client, run: JobRun, ownPause: JobRules['ownPause']): Promise<boolean> {
  const { events } = await client.workflow.getHandle(run.id, run.runId).fetchHistory();
  let held = await beganHeld(client, events?.[0]);
  for (const { workflowExecutionSignaledEventAttributes: signal } of events ?? []) {
    const name = signal?.signalName ?? '';
    if ([pauseJobSignal.name, ownPause?.pause.signal].includes(name)) held = true;
    if ([resumeJobSignal.name, ownPause?.resume.signal].includes(name)) held = false;
  }
  return held;
}

/** Whether a run began held back, because the run that it continues was. */
async function beganHeld(client: Client, first: Event | undefined): Promise<boolean> {
  const payloads = first?.workflowExecutionStartedEventAttributes?.input?.payloads;
  const [input] = await decodeArrayFromPayloads(client.options.loadedDataConverter, payloads);
  return (input as { resumeAt?: { paused?: unknown } } | undefined)?.resumeAt?.paused === true;
}

/** What an open run waits for by a durable timer, as its summary says; undefined where no timer is open. */
export async function openTimer(client: Client, run: JobRun): Promise<string | undefined> {
  const { events } = await client.workflow.getHandle(run.id, run.runId).fetchHistory();
  const open = new Map<string, string>();
  for (const event of events ?? []) {
    const ended = event.timerFiredEventAttributes ?? event.timerCanceledEventAttributes;
    if (ended) open.delete(String(ended.startedEventId));
    if (!event.timerStartedEventAttributes) continue;
    const summary = event.userMetadata?.summary;
    const [text] = await decodeArrayFromPayloads(client.options.loadedDataConverter, summary && [summary]);
    open.set(String(event.eventId), typeof text === 'string' ? text : 'a timer');
  }
  return [...open.values()].at(-1);
}

/**
 * Whether messages ended the engine's own delay of a run's start, and its code has not taken them yet: further ones about the
 * start still reach it in time.
 */
export async function isStartMoved(client: Client, run: JobRun): Promise<boolean> {
  const { events } = await client.workflow.getHandle(run.id, run.runId).fetchHistory();
  if (events?.some((event) => event.workflowTaskCompletedEventAttributes)) return false;
  const names = events?.map((event) => event.workflowExecutionSignaledEventAttributes?.signalName ?? '');
  return names?.some((name) => [pauseJobSignal.name, rescheduleJobSignal.name].includes(name)) === true;
}
