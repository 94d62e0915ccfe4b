import type { Client } from '@temporalio/client';
import type { Logger } from '../../telemetry/logger.ts';
import { withJobContext } from '../../telemetry/job-context.ts';
import { startsMade } from '../../telemetry/job-metrics.ts';
import { withOwnLogFields } from '../../telemetry/log-fields.ts';
import { inSpan } from '../../telemetry/tracing.ts';
import type { JobRegistry } from '../registry.ts';
import type { OutboxEntry } from './enqueue.ts';
import { unknownType } from './refused-start.ts';
import { startCommitted } from './start-job.ts';
import type { StartOutcome } from './start-outcome.ts';

/** How the outcomes are counted. */
const counted = { started: 'made', delivered: 'made', exists: 'existing', waits: 'waiting' } as const;

/**
 * Makes an entry's start, for the process that committed it or for the relay, and returns its outcome. Repeats are safe. `timeoutMs` must be
 * at most 10 seconds: withdrawing or moving a start relies on a call in progress to end within that time.
 * @throws the client's error if the engine does not respond in time, or refuses.
 */
export async function performEntry(
  { client, logger, jobs }: { client: Client; logger: Logger; jobs: JobRegistry },
  entry: OutboxEntry,
  { by, timeoutMs }: { by: 'request' | 'relay'; timeoutMs: number },
): Promise<StartOutcome> {
  const { jobType, jobId: id, requestId, traceparent } = entry;
  const dueAt = Math.max(entry.acceptedAt.getTime(), entry.startAt?.getTime() ?? 0);
  const context = { ...(requestId !== null && { requestId }), ...(traceparent !== null && { traceparent }) };
  const fields = { jobId: id, jobType, ...(requestId !== null && { requestId }) };
  return withOwnLogFields(fields, async () => {
    let outcome: StartOutcome;
    try {
      const job = jobs.find(jobType);
      if (!job) throw unknownType(jobType);
      const span = {
        kind: 'producer',
        attributes: { 'durable_jobs.job.id': id, 'durable_jobs.by': by },
        // That of its request. Where none was traced, the job has a trace of its own.
        ...(traceparent === null ? { root: true } : { parent: traceparent }),
      } as const;
      outcome = await withJobContext({ ...context, dueAt }, () =>
        inSpan(`start ${jobType}`, span, async () => {
          const made = await client.withDeadline(Date.now() + timeoutMs, () =>
            startCommitted(client, job, entry.input, entry),
          );
          // In the span, so that the lines name the trace of the request.
          logOutcome(logger, by, made);
          return made;
        }),
      );
    } catch (error) {
      startsMade.inc({ by, outcome: 'failed' });
      throw error;
    }
    startsMade.inc({ by, outcome: counted[outcome.kind] });
    return outcome;
  });
}

function logOutcome(logger: Logger, by: 'request' | 'relay', { kind, runId }: StartOutcome): void {
  if (kind === 'exists') logger.warn({ by, runId }, 'the job was not started because it already exists');
  else if (kind === 'waits') logger.info({ by, runId }, 'the start is waiting for the open run to end');
  else logger.info({ by }, 'the job was handed to the engine');
}
