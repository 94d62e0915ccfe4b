import { existsSync, writeFileSync } from 'node:fs';

/** Lets the engine dispatch tasks by the priority of their runs, and in turns between their fairness keys. */
const BY_PRIORITY = ['matching.useNewMatcher=true', 'matching.enableFairness=true'];

/**
 * Returns the dynamic configuration with which a development server dispatches tasks. Temporal 1.29.1 keeps the tasks of fair queues in other
 * tables and does not find those that waited before such a change. So a server with a file keeps to what it had when the file was created,
 * which a mark beside the file says.
 */
export function dispatchSettings(dbFile: string | undefined): readonly string[] {
  if (dbFile === undefined) return BY_PRIORITY;
  const mark = `${dbFile}.by-priority`;
  if (!existsSync(dbFile)) writeFileSync(mark, '');
  return existsSync(mark) ? BY_PRIORITY : [];
}
