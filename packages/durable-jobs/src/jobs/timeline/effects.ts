import type { Db } from '../../database/connect.ts';

/** Something that a job did to the world, as an application's rows have it. */
export interface Effect {
  at: Date;
  text: string;
}

/** Reads what the rows have of a job's effects, by the job's business key, in any order. */
export type ReadEffects = (db: Db, businessKey: string) => Promise<Effect[]>;

/** How the effects of each type's jobs are read. The jobs of a type that is not here leave none in the rows. */
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
