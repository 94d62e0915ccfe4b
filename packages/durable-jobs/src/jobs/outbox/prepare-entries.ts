import type { Db } from '../../database/connect.ts';
import { isDebounced } from '../debounce/debounce-of.ts';
import { debounceStarts } from '../debounce/debounce-starts.ts';
import type { Admission } from '../limits/admit.ts';
import { admitEntries, hasLimits } from '../limits/admit-entries.ts';
import { checkStart } from './check-start.ts';
import { deferBehind } from './defer-behind.ts';
import type { OutboxEntry, StoredEntry } from './enqueue.ts';
import { isExpired } from './expiry.ts';
import type { StartDeps } from './make-start.ts';

/** Time after which a pass gives no further slots before its starts, so that those without limits are not late. */
const MOST_RESERVE_MS = 300;

/**
 * Checks entries that SQL committed, so that their jobs are known and their order is kept. `faults` has the errors of those that cannot be
 * checked, which are dealt with in their turns.
 */
export async function checkAll(
  deps: StartDeps,
  claimed: readonly StoredEntry[],
): Promise<{ entries: StoredEntry[]; faults: Map<number, unknown> }> {
  const entries: StoredEntry[] = [];
  const faults = new Map<number, unknown>();
  for (const entry of claimed) {
    const isToCheck = !entry.withdrawnAt && !entry.isHeld && !isExpired(entry);
    try {
      entries.push(isToCheck ? await checkStart(deps, entry) : entry);
    } catch (error) {
      faults.set(entry.id, error);
      entries.push(entry);
    }
  }
  return { entries, faults };
}

/**
 * Lets debounced entries wait for others of their keys, see {@link debounceStarts}. Those that are not to be made now are in `notNow`, and those
 * that may be made in `settled`; one whose key is not valid is in neither, and is refused in its turn.
 */
export async function debounceAll(
  deps: StartDeps,
  entries: readonly StoredEntry[],
): Promise<{ notNow: Set<number>; settled: Set<number> }> {
  const debounced = entries.flatMap((entry): OutboxEntry[] => {
    const { jobId } = entry;
    return jobId !== null && isToMake(entry) && isDebounced(deps.jobs, entry) ? [{ ...entry, jobId }] : [];
  });
  if (debounced.length === 0) return { notNow: new Set(), settled: new Set() };
  try {
    const notNow = await debounceStarts(deps, debounced, 'relay');
    return { notNow, settled: new Set(debounced.flatMap(({ id }) => (notNow.has(id) ? [] : [id]))) };
  } catch (error) {
    deps.logger.warn({ err: error }, 'starts could not be debounced together');
    return { notNow: new Set(), settled: new Set() };
  }
}

/** Whether an entry is checked and may be made now. One that could not be checked is refused in its turn. */
function isToMake(entry: StoredEntry): boolean {
  return entry.isChecked && !entry.withdrawnAt && !entry.isHeld && !isExpired(entry);
}

/**
 * Gives entries the slots of their limits before any start is made, so that those that have to wait at a limit take no time from the others.
 */
export async function reserveSlots(deps: StartDeps, entries: readonly StoredEntry[]): Promise<Admission> {
  const limited = entries.flatMap((entry): OutboxEntry[] => {
    const { jobId, startAt } = entry;
    if (jobId === null || !isToMake(entry) || !hasLimits(deps.jobs, entry)) return [];
    return startAt && startAt.getTime() > Date.now() ? [] : [{ ...entry, jobId }];
  });
  if (limited.length === 0)
    return { admitted: new Set(), tries: new Map(), waiting: new Set(), replaced: [], errors: [] };
  return admitEntries(deps, limited, 'reserve', MOST_RESERVE_MS);
}

/**
 * Defers entries behind an earlier start of their job that is not due: it backs off, waits, or is another process's. Returns their ids, each
 * with the open run that the earlier start waits for, if any.
 */
export async function findBehind(
  db: Db,
  entries: readonly StoredEntry[],
): Promise<Map<number, string | null>> {
  return deferBehind(
    db,
    entries.filter((entry) => !entry.withdrawnAt && !isExpired(entry)),
  );
}
