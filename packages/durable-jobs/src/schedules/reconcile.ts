import type { Client } from '@temporalio/client';
import type { Logger } from '../telemetry/logger.ts';
import type { ScheduleDefinition } from './definition.ts';
import {
  createScheduler,
  ScheduleTakenError,
  UnknownScheduleError,
  type Scheduler,
  type ScheduleState,
} from './scheduler.ts';
import type { TakeTurn } from './turn.ts';
import { differences, type Difference } from './temporal.ts';

/** A pause of a declared schedule, by an operator, the engine or another tool. Applying a plan keeps it. */
export interface Pause {
  /** Null if no reason was given. */
  reason: string | null;
}

/** A step that makes the server's schedules match the declared ones. */
export type Change =
  | { kind: 'create'; definition: ScheduleDefinition }
  | { kind: 'unchanged'; definition: ScheduleDefinition; pause: Pause | null }
  | { kind: 'update'; definition: ScheduleDefinition; differences: Difference[]; pause: Pause | null }
  | { kind: 'remove'; id: string }
  /** A schedule with this id was created over REST, or with other tools. It is left alone. */
  | { kind: 'conflict'; id: string; owner: string };

/**
 * Compares the declared schedules with the server's. Changes nothing. `read` collects what was read of the server, so that a repetition after a
 * failure continues where it failed.
 */
export async function planSchedules(
  client: Client,
  logger: Logger,
  declared: readonly ScheduleDefinition[],
  read = new Map<string, ScheduleState | undefined>(),
): Promise<Change[]> {
  const scheduler = createScheduler(client, logger);
  const find = async (id: string): Promise<ScheduleState | undefined> => {
    if (read.has(id)) return read.get(id);
    const state = await ignoreUnknown(scheduler.get(id));
    read.set(id, state);
    return state;
  };
  const changes = await Promise.all(
    declared.map(async (definition): Promise<Change> => {
      const stored = await find(definition.id);
      if (!stored) return { kind: 'create', definition };
      if (stored.owner === 'api') return { kind: 'conflict', id: definition.id, owner: 'the API' };
      const found = differences(definition, stored);
      const pause = stored.paused ? { reason: stored.stateNote } : null;
      if (found.length === 0) return { kind: 'unchanged', definition, pause };
      return { kind: 'update', definition, differences: found, pause };
    }),
  );
  const ids = new Set(declared.map(({ id }) => id));
  const others = (await scheduler.listIds()).filter((id) => !ids.has(id));
  const removals = await Promise.all(
    others.map(async (id): Promise<Change[]> => {
      const stored = await find(id);
      return stored?.owner === 'declared' ? [{ kind: 'remove', id }] : [];
    }),
  );
  return [...changes, ...removals.flat()];
}

/**
 * Applies the changes of a plan. Any number of processes may do so at the same time: each schedule is changed in its turn, in which it is
 * read again. What another process has done in the meantime is not repeated, so that turns are short: a schedule that has its definition
 * already is left as it is, and one that has been deleted stays deleted. Returns the ids of declared schedules that were not applied
 * because a schedule that is not declared got the same id since the plan.
 */
export async function applyChanges(
  client: Client,
  logger: Logger,
  changes: readonly Change[],
  takeTurn: TakeTurn,
): Promise<string[]> {
  const scheduler = createScheduler(client, logger);
  const taken: string[] = [];
  for (const change of changes) {
    switch (change.kind) {
      case 'create':
      case 'update':
        await takeTurn(change.definition.id, () => ensureDeclared(scheduler, change.definition)).catch(
          (error: unknown) => {
            if (!(error instanceof ScheduleTakenError)) throw error;
            taken.push(change.definition.id);
          },
        );
        break;
      case 'remove':
        await takeTurn(change.id, async () => {
          const stored = await ignoreUnknown(scheduler.get(change.id));
          if (stored?.owner === 'declared') await ignoreUnknown(scheduler.remove(change.id));
        });
        break;
      case 'unchanged':
      case 'conflict':
    }
  }
  return taken;
}

/**
 * Creates or updates a schedule, unless it has the definition already.
 * @throws {ScheduleTakenError} if its id belongs to a schedule that is not declared.
 */
async function ensureDeclared(scheduler: Scheduler, definition: ScheduleDefinition): Promise<void> {
  const stored =
    (await ignoreUnknown(scheduler.get(definition.id))) ?? (await createMissing(scheduler, definition));
  if (!stored) return;
  if (stored.owner === 'api') throw new ScheduleTakenError(definition.id);
  if (differences(definition, stored).length === 0) return;
  await scheduler.update(definition, 'declared');
  // The turn ends when the engine has processed the change.
  await scheduler.get(definition.id);
}

/** Creates a schedule. Returns the one that a process without turns has created at the same moment, if there is one. */
async function createMissing(
  scheduler: Scheduler,
  definition: ScheduleDefinition,
): Promise<ScheduleState | undefined> {
  try {
    await scheduler.create(definition, 'declared');
    return undefined;
  } catch (error) {
    if (!(error instanceof ScheduleTakenError)) throw error;
    const stored = await ignoreUnknown(scheduler.get(definition.id));
    // It is another program's.
    if (!stored) throw error;
    return stored;
  }
}

/** Returns undefined if there is no such schedule. */
async function ignoreUnknown<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof UnknownScheduleError) return undefined;
    throw error;
  }
}

/** Returns the ids of the schedules that a plan changes, by the kind of change. */
export function changedIds(changes: readonly Change[]): Record<string, string> {
  const ids: Record<string, string> = {};
  for (const change of changes) {
    if (change.kind === 'unchanged' || change.kind === 'conflict') continue;
    const id = 'id' in change ? change.id : change.definition.id;
    ids[change.kind] = ids[change.kind] === undefined ? id : `${ids[change.kind]} ${id}`;
  }
  return ids;
}

/** Returns whether a plan has nothing to apply, and nothing for people to decide, such as a pause. */
export function isSettled(changes: readonly Change[]): boolean {
  return changes.every((change) => change.kind === 'unchanged' && change.pause === null);
}
