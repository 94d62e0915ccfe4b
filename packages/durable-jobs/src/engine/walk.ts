import { CancelledFailure, Context } from '@temporalio/activity';
import type { z } from 'zod';

/** More often than any heartbeat time-out of ours, so that a slow step is not taken for a death. */
export const HEARTBEAT_MS = 5_000;

/** What one step of a walk came to. */
export interface Step<Checkpoint> {
  checkpoint: Checkpoint;
  done: boolean;
}

/**
 * Runs `step` until it is done. Where it has come to is its heartbeat: an attempt that takes over goes on from there,
 * so a step must be harmless to repeat. Between two steps a cancellation ends the walk.
 */
export async function walk<Checkpoint>(
  schema: z.ZodType<Checkpoint>,
  start: Checkpoint,
  step: (checkpoint: Checkpoint) => Promise<Step<Checkpoint>>,
): Promise<Checkpoint> {
  const context = Context.current();
  const last: unknown = context.info.heartbeatDetails;
  const parsed = schema.safeParse(last);
  let checkpoint = parsed.success ? parsed.data : start;
  const timer = setInterval(() => context.heartbeat(checkpoint), HEARTBEAT_MS);
  try {
    for (;;) {
      if (context.cancellationSignal.aborted) throw new CancelledFailure('The walk was cancelled.');
      const result = await step(checkpoint);
      checkpoint = result.checkpoint;
      context.heartbeat(checkpoint);
      if (result.done) return checkpoint;
    }
  } finally {
    clearInterval(timer);
  }
}
