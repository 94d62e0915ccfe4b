import {
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  WorkflowNotFoundError,
  type Client,
  type ScheduleDescription,
  type ScheduleExecutionResult,
  type ScheduleHandle,
  type ScheduleSummary,
  type WorkflowExecutionDescription,
} from '@temporalio/client';
import { inParallel } from '../process/in-parallel.ts';
import { endedStatusOf, isOpen, isTimedOut } from '../engine/run-status.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { OverlapPolicy, ScheduleDefinition } from './definition.ts';
import { changeSchedule } from './change.ts';
import { encodeUpdate } from './encode-update.ts';
import { countLost } from './lost-runs.ts';
import { formatNotes, formatResumeNotes, type ScheduleNotes } from './notes.ts';
import { ownerOf, type ScheduleOwner } from './ownership.ts';
import { reencryptSchedule, type Reencryption } from './reencrypt.ts';
import { setState, type SetState } from './set-state.ts';
import { fromDescription, isStored, notesOf, toOptions, toUpdate, type StoredSchedule } from './temporal.ts';
import { tolerantScheduleClient } from './tolerant-client.ts';
import { triggerRun, type TriggeredRun } from './trigger.ts';
import type { ScheduleTurn } from './turn.ts';

/** A run that a schedule has started, or tried to start. */
export interface ScheduleRun {
  jobId: string;
  /** When it was due, ISO 8601 UTC. */
  scheduledAt: string;
  startedAt: string;
  /** Its state in the engine; `unknown` if its history is no longer kept. */
  outcome: 'running' | 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timed_out' | 'unknown';
}

/** A schedule with its past and future runs. */
export interface ScheduleState extends StoredSchedule {
  /** ISO 8601 UTC, including jitter, soonest first; empty while it is paused. */
  nextRuns: string[];
  /** Newest first; the engine keeps ten. */
  recentRuns: ScheduleRun[];
  /** Counts since the schedule was created. `lost` are the runs that were due and never started, contrary to its policy. */
  counts: { started: number; missedCatchupWindow: number; skippedForOverlap: number; lost: number };
  createdAt: string;
}

/** A schedule as an overview shows it. */
export interface ScheduleBrief extends ScheduleNotes {
  id: string;
  job: string;
  paused: boolean;
  nextRun: Date | null;
  lastRun: ScheduleRun | null;
  /** Runs that were due and never started, contrary to its policy, since the schedule was created. */
  lost: number;
}

/** Thrown if none of our schedules has this id. */
export class UnknownScheduleError extends Error {
  override readonly name = 'UnknownScheduleError';
}

/** Thrown if the id of a new schedule is in use. */
export class ScheduleTakenError extends Error {
  override readonly name = 'ScheduleTakenError';
}

/** The outcome of one definition of {@link Scheduler.startAll}. */
export type StartResult =
  { id: string; outcome: 'created' | 'kept' } | { id: string; outcome: 'failed'; error: unknown };

/**
 * Starts any number of named tasks repeatedly: a task is a job type with an input and a timing. A run that fails is logged by its worker,
 * and shown in its schedule's recent runs. Schedules do not affect each other.
 */
export interface Scheduler {
  /**
   * Creates a schedule.
   * @throws {ScheduleTakenError} if its id is in use.
   */
  create: (definition: ScheduleDefinition, owner?: ScheduleOwner) => Promise<void>;
  /** Creates the schedules that do not exist. If one cannot be created, it is logged, and the others are created nevertheless. */
  startAll: (definitions: readonly ScheduleDefinition[]) => Promise<StartResult[]>;
  /**
   * Returns a schedule.
   * @throws {UnknownScheduleError} if it does not exist, as do all methods below.
   */
  get: (id: string) => Promise<ScheduleState>;
  /** Returns the ids of our schedules, in alphabetical order. Visibility lags: a schedule that was just created may be missing. */
  listIds: () => Promise<string[]>;
  /** Returns a summary of each of our schedules, by id, with one call to the engine and two for each schedule. Visibility lags. */
  overview: () => Promise<ScheduleBrief[]>;
  /** Updates a schedule. Whether it is paused, and why, does not change. */
  update: (definition: ScheduleDefinition, owner?: ScheduleOwner) => Promise<void>;
  /** Encrypts a schedule's input with the first key of this process, and changes nothing else. */
  reencrypt: (id: string) => Promise<Reencryption>;
  remove: (id: string) => Promise<void>;
  /** Pauses a schedule. Its own note is kept in addition to the reason. */
  pause: (id: string, reason: string) => Promise<void>;
  resume: (id: string, reason: string | null) => Promise<void>;
  /**
   * Starts a run now, whether or not the schedule is paused. Must be called in turn.
   * @throws {NotTriggeredError} if none starts.
   */
  trigger: (id: string, overlap: OverlapPolicy, turn: ScheduleTurn) => Promise<TriggeredRun>;
  /** Starts the runs that were due in a period, one after the other. */
  backfill: (id: string, span: { from: Date; to: Date }) => Promise<void>;
}

/** Page size of lists of schedules. */
const OWN_PAGE = 200;

/** Schedules of an overview that are read at the same time, with two calls each. */
const BRIEFS_AT_ONCE = 10;

/** Creates a scheduler for a namespace. */
export function createScheduler(client: Client, logger: Logger): Scheduler {
  const schedules = tolerantScheduleClient(client);
  const { payloadCodecs } = client.options.loadedDataConverter;
  const describe = async (id: string): Promise<ScheduleDescription> => {
    const description = await known(id, () => schedules.getHandle(id).describe());
    if (ownerOf(description) === null) throw new UnknownScheduleError(id);
    return description;
  };
  const onOwn = async (id: string, act: (handle: ScheduleHandle) => Promise<void>): Promise<void> => {
    await describe(id);
    await known(id, () => act(schedules.getHandle(id)));
  };
  const applyState = (id: string, stateFor: (read: ScheduleDescription) => SetState): Promise<void> =>
    known(id, () => setState(client, schedules.getHandle(id), () => describe(id), stateFor));
  const listOwn = async (): Promise<ScheduleSummary[]> => {
    const found: ScheduleSummary[] = [];
    for await (const schedule of schedules.list({ pageSize: OWN_PAGE })) {
      if (ownerOf(schedule) !== null) found.push(schedule);
    }
    return found;
  };

  /** Undefined if it was deleted since it was listed. */
  const describeListed = async (id: string): Promise<ScheduleDescription | undefined> => {
    try {
      return await schedules.getHandle(id).describe();
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) return undefined;
      throw error;
    }
  };

  const scheduler: Scheduler = {
    async create(definition, owner = 'api') {
      try {
        await schedules.create(toOptions(definition, owner));
      } catch (error) {
        if (error instanceof ScheduleAlreadyRunning) throw new ScheduleTakenError(definition.id);
        throw error;
      }
    },

    async startAll(definitions) {
      const results: StartResult[] = [];
      for (const definition of definitions) {
        try {
          await scheduler.create(definition);
          results.push({ id: definition.id, outcome: 'created' });
        } catch (error) {
          if (error instanceof ScheduleTakenError) {
            results.push({ id: definition.id, outcome: 'kept' });
            continue;
          }
          logger.error({ err: error, schedule: definition.id }, 'a schedule could not be started');
          results.push({ id: definition.id, outcome: 'failed', error });
        }
      }
      return results;
    },

    async get(id) {
      const description = await describe(id);
      const { info, state } = description;
      return {
        ...fromDescription(description, payloadCodecs),
        nextRuns: state.paused ? [] : info.nextActionTimes.map((time) => time.toISOString()),
        recentRuns: await Promise.all(info.recentActions.toReversed().map((action) => toRun(client, action))),
        counts: {
          started: info.numActionsTaken,
          missedCatchupWindow: info.numActionsMissedCatchupWindow,
          skippedForOverlap: info.numActionsSkippedOverlap,
          lost: countLost(description),
        },
        createdAt: info.createdAt.toISOString(),
      };
    },

    async listIds() {
      return (await listOwn()).map(({ scheduleId }) => scheduleId).sort();
    },

    async overview() {
      const briefs = await inParallel(
        await listOwn(),
        BRIEFS_AT_ONCE,
        async ({ scheduleId, action, state, info }): Promise<ScheduleBrief> => {
          const last = info.recentActions.at(-1);
          const [lastRun, description] = await Promise.all([
            last ? toRun(client, last) : null,
            describeListed(scheduleId),
          ]);
          return {
            id: scheduleId,
            job: action?.workflowType ?? '',
            paused: state.paused,
            ...(description ? notesOf(description) : { note: '', stateNote: null }),
            nextRun: state.paused ? null : (info.nextActionTimes[0] ?? null),
            lastRun,
            lost: description ? countLost(description) : 0,
          };
        },
      );
      return briefs.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    },

    async update(definition, owner = 'api') {
      const { id } = definition;
      await known(id, () =>
        changeSchedule(
          client,
          () => describe(id),
          (read, sent) => {
            if (sent > 0 && isStored(definition, owner, read, payloadCodecs)) return undefined;
            return encodeUpdate(
              client,
              read,
              toUpdate(definition, owner, fromDescription(read, payloadCodecs)),
            );
          },
        ),
      );
    },

    reencrypt: (id) => known(id, () => reencryptSchedule(client, () => describe(id))),

    remove: (id) => onOwn(id, (handle) => handle.delete()),
    pause: (id, reason) =>
      applyState(id, (read) => ({
        paused: true,
        text: formatNotes({ ...notesOf(read), stateNote: reason }, true),
      })),
    resume: (id, reason) =>
      applyState(id, (read) => ({
        paused: false,
        text: formatResumeNotes({ ...notesOf(read), stateNote: reason }),
      })),
    trigger: async (id, overlap, turn) =>
      triggerRun(client, fromDescription(await describe(id), payloadCodecs), overlap, turn),
    backfill: (id, { from, to }) =>
      onOwn(id, (handle) => handle.backfill({ start: from, end: to, overlap: 'BUFFER_ALL' })),
  };
  return scheduler;
}

async function known<T>(id: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) throw new UnknownScheduleError(id);
    throw error;
  }
}

/** Returns the state of a schedule's run; a timeout is distinguished from other failures. */
function outcomeOf(description: WorkflowExecutionDescription): ScheduleRun['outcome'] {
  if (isOpen(description)) return 'running';
  return isTimedOut(description) ? 'timed_out' : (endedStatusOf(description) ?? 'unknown');
}

async function toRun(
  client: Client,
  { action, scheduledAt, takenAt }: ScheduleExecutionResult,
): Promise<ScheduleRun> {
  const run = {
    jobId: action.workflow.workflowId,
    scheduledAt: scheduledAt.toISOString(),
    startedAt: takenAt.toISOString(),
  };
  try {
    // The newest run of this id: a run that continued as new counts as one with its continuation.
    return { ...run, outcome: outcomeOf(await client.workflow.getHandle(run.jobId).describe()) };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { ...run, outcome: 'unknown' };
    throw error;
  }
}
