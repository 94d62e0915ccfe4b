import type { Db } from '../../database/connect.ts';

/** An effect of a job, read from an application's rows. */
export interface Effect {
  at: Date;
  text: string;
}

/** Reads a job's effects from the rows by its business key, in any order. */
export type ReadEffects = (db: Db, businessKey: string) => Promise<Effect[]>;

/** Functions that read the effects of jobs, by job type. Types without a function leave none in the rows. */
export type JobEffectsByType = ReadonlyMap<string, ReadEffects>;

/** Returns what a job did, oldest first. */
export async function readEffects(
  effects: JobEffectsByType,
  db: Db,
  { type, businessKey }: { type: string; businessKey: string },
): Promise<Effect[]> {
  const found = (await effects.get(type)?.(db, businessKey)) ?? [];
  return found.toSorted((a, b) => a.at.getTime() - b.at.getTime());
}

/** One effect if it has a time, and none if it did not happen. */
export function effectAt(at: Date | null | undefined, text: string): Effect[] {
  return at ? [{ at, text }] : [];
}
