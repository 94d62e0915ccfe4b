import { type Step, walk } from 'durable-jobs/engine';
import { required } from 'durable-jobs/process';
import { z } from 'zod';

const countSchema = z.number().int().nonnegative();
/** Heartbeats of `readUnseenPayments` have none if an earlier release made them. */
const afterSchema = z.string().nullable().default(null);
const checkpointSchema = z.object({ after: afterSchema, count: countSchema });

/** Where a walk is: the id that it continues after, if it has one, and how much it has done. */
type Checkpoint = z.infer<typeof checkpointSchema>;

/** A step of a walk, which is safe to repeat. */
export type WalkStep = Step<Checkpoint>;

/** Returns the steps of a walk: each begins at a checkpoint. */
export type Walk<Run> = (run: Run) => (from: Checkpoint) => Promise<WalkStep>;

const START: Checkpoint = { after: null, count: 0 };

/** Runs one walk to its end, from the last heartbeat. Returns how much it has done. */
export async function walkPart<Run>(run: Run, part: Walk<Run>): Promise<number> {
  return (await walk(checkpointSchema, START, part(run))).count;
}

/** What one activity does. Each part is safe to repeat. */
export interface Parts<Run, Result> {
  /** Called once in each attempt. */
  begin: () => Promise<Run>;
  /** In this order, which a release must not change: heartbeats contain the number of a walk. */
  walks: readonly Walk<Run>[];
  /** Called with how much each walk has done. */
  end: (counts: readonly number[]) => Promise<Result>;
}

/**
 * Runs walks one after another, between a beginning and an end. It heartbeats throughout, and the next attempt continues with the walk that was
 * interrupted, where it was. A cancellation ends it between two steps.
 */
export async function walkParts<Run, Result>({ begin, walks, end }: Parts<Run, Result>): Promise<Result> {
  const schema = z.object({
    part: countSchema.max(walks.length),
    after: afterSchema,
    counts: z.array(countSchema).length(walks.length),
  });
  const start = { part: 0, after: START.after, counts: walks.map(() => START.count) };
  let steps: ((from: Checkpoint) => Promise<WalkStep>)[] | undefined;
  let ended: { result: Result } | undefined;
  await walk(schema, start, async (from) => {
    if (!steps) {
      const run = await begin();
      steps = walks.map((part) => part(run));
    }
    const { part, after, counts } = from;
    const step = steps[part];
    if (!step) {
      ended = { result: await end(counts) };
      return { checkpoint: from, done: true };
    }
    const { checkpoint, done } = await step({ after, count: counts[part] ?? START.count });
    const next = done ? { part: part + 1, after: START.after } : { part, after: checkpoint.after };
    return { checkpoint: { ...next, counts: counts.with(part, checkpoint.count) }, done: false };
  });
  return required(ended, 'the end of the walks').result;
}
