import { z } from 'zod';
import { type Step, walk } from 'durable-jobs/engine';
import { required } from 'durable-jobs/process';

const count = z.number().int().nonnegative();
/** The heartbeats of the first release had no `after` where a walk has none. */
const after = z.string().nullable().default(null);
const checkpoint = z.object({ after, count });

/** Where a walk is: the id that it continues after, if it has one, and how much it has done. */
export type Checkpoint = z.infer<typeof checkpoint>;

/** One step of a walk from a checkpoint. It must be safe to repeat. */
export type WalkStep = (from: Checkpoint) => Promise<Step<Checkpoint>>;

const START: Checkpoint = { after: null, count: 0 };

/** Runs one walk to its end, from the last heartbeat. Returns how much it has done. */
export async function walkPart(step: WalkStep): Promise<number> {
  return (await walk(checkpoint, START, step)).count;
}

/**
 * Runs walks one after another. The next attempt continues with the one that was interrupted, where it was. Returns how much each has done,
 * in their order.
 */
export async function walkParts(steps: readonly WalkStep[]): Promise<number[]> {
  const schema = z.object({
    part: count.max(steps.length - 1),
    after,
    counts: z.array(count).length(steps.length),
  });
  const start: z.infer<typeof schema> = { part: 0, after: START.after, counts: steps.map(() => START.count) };
  const end = await walk(schema, start, async ({ part, after, counts }) => {
    const { checkpoint, done } = await required(
      steps[part],
      `walk ${part}`,
    )({ after, count: counts[part] ?? START.count });
    const isLast = part === steps.length - 1;
    const next = done && !isLast ? { part: part + 1, after: START.after } : { part, after: checkpoint.after };
    return { checkpoint: { ...next, counts: counts.with(part, checkpoint.count) }, done: done && isLast };
  });
  return end.counts;
}
