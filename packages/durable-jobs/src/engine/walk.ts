import { CancelledFailure, Context } from '@temporalio/activity';
import type { z } from 'zod';

/** Shorter than all our heartbeat time-outs, so that a slow step does not look like a crash. */
export const HEARTBEAT_MS = 5_000;

/** The result of one step of a walk. */
export interface Step<Checkpoint> {
  checkpoint: Checkpoint;
  done: boolean;
}

/**
 * Runs `step` until it is done. Each checkpoint is recorded in the heartbeat, and the next attempt continues from there, so a step must be
 * safe to repeat. A cancellation ends the walk between two steps.
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
