import {
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  WorkflowNotFoundError,
  type Client,
  type ScheduleDescription,
  type ScheduleExecutionResult,
  type ScheduleSummary,
  type WorkflowExecutionDescription,
} from '@temporalio/client';
import { inParallel } from '../process/in-parallel.ts';
import { endedStatusOf, isOpen, isTimedOut } from '../engine/run-status.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { OverlapPolicy, ScheduleDefinition } from './definition.ts';
import { countLost } from './lost-runs.ts';
import { formatNotes, formatResumeNotes, type ScheduleNotes } from './notes.ts';
import { ownerOf, type ScheduleOwner } from './ownership.ts';
import { reencryptSchedule, type Reencryption } from './reencrypt.ts';
import { fitsCommand, setState } from './set-state.ts';
import { fromDescription, notesOf, toOptions, toUpdate, type StoredSchedule } from './temporal.ts';
import { tolerantScheduleClient } from './tolerant-client.ts';
import { triggerRun, type TriggeredRun } from './trigger.ts';
import type { ScheduleTurn } from './turn.ts';

/** A run that a schedule has started, or tried to. */
export interface ScheduleRun {
  jobId: string;
  /** When it was due, ISO 8601 UTC. */
  scheduledAt: string;
  startedAt: string;
  /** As the engine has it now; `unknown` if its history is kept no more. */
  outcome: 'running' | 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timed_out' | 'unknown';
}

/** A schedule with what it did and will do. */
export interface ScheduleState extends StoredSchedule {
  /** ISO 8601 UTC, jitter included, soonest first; empty while it is paused. */
  nextRuns: string[];
  /** Newest first; the engine keeps ten. */
  recentRuns: ScheduleRun[];
  /** Since the schedule was created. `lost` are the runs that were due and never started, against its policy. */
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
  /** Runs that were due and never started, against its policy, since the schedule was created. */
  lost: number;
}

/** Thrown if there is no schedule of ours with that id. */
export class UnknownScheduleError extends Error {
  override readonly name = 'UnknownScheduleError';
}

/** Thrown if a new schedule's id is taken. */
export class ScheduleTakenError extends Error {
  override readonly name = 'ScheduleTakenError';
}

/** The outcome of one definition of {@link Scheduler.startAll}. */
export type StartResult =
  { id: string; outcome: 'created' | 'kept' } | { id: string; outcome: 'failed'; error: unknown };

/**
 * Starts any number of named tasks repeatedly: a task is a job type with an input and a timing. A run that fails is logged by its worker,
 * and shows in its schedule's recent runs; no schedule has anything to do with another's.
 */
export interface Scheduler {
  /** @throws {ScheduleTakenError} */
  create: (definition: ScheduleDefinition, owner?: ScheduleOwner) => Promise<void>;
  /** Creates those that are not there. One that can't be made is logged, and never stops another. */
  startAll: (definitions: readonly ScheduleDefinition[]) => Promise<StartResult[]>;
  /** @throws {UnknownScheduleError} as do all below. */
  get: (id: string) => Promise<ScheduleState>;
  /** Ids of the schedules of ours, in alphabetical order. Visibility lags: one that was just made may be missing. */
  listIds: () => Promise<string[]>;
  /** Every schedule of ours in brief, by id: one question to the engine, and two for each. Visibility lags. */
  overview: () => Promise<ScheduleBrief[]>;
  /** Keeps whether the schedule is paused, and why. */
  update: (definition: ScheduleDefinition, owner?: ScheduleOwner) => Promise<void>;
  /** Encrypts a schedule's input with the first key of this process, and keeps everything else as it is. */
  reencrypt: (id: string) => Promise<Reencryption>;
  remove: (id: string) => Promise<void>;
  /** Keeps the schedule's own note beside the reason. */
  pause: (id: string, reason: string) => Promise<void>;
  resume: (id: string, reason: string | null) => Promise<void>;
  /**
   * Starts a run now, whether or not the schedule is paused. To be called in turn.
   * @throws {NotTriggeredError} if none starts.
   */
  trigger: (id: string, overlap: OverlapPolicy, turn: ScheduleTurn) => Promise<TriggeredRun>;
  /** Starts the runs that were due in a span of time, one after the other. */
  backfill: (id: string, span: { from: Date; to: Date }) => Promise<void>;
}

/** How many schedules are asked about at once. */
const OWN_PAGE = 200;

/** Schedules of an overview that are read concurrently, by two calls each. */
const BRIEFS_AT_ONCE = 10;

/** Creates a scheduler on a namespace. */
export function createScheduler(client: Client, logger: Logger): Scheduler {
  const schedules = tolerantScheduleClient(client);
  const { payloadCodecs } = client.options.loadedDataConverter;
  const describe = async (id: string): Promise<ScheduleDescription> => {
    const description = await known(id, () => schedules.getHandle(id).describe());
    if (ownerOf(description) === null) throw new UnknownScheduleError(id);
    return description;
  };
  const onOwn = async (
    id: string,
    act: (
      handle: ReturnType<Client['schedule']['getHandle']>,
      description: ScheduleDescription,
    ) => Promise<void>,
  ) => {
    const description = await describe(id);
    await known(id, () => act(schedules.getHandle(id), description));
  };
  const listOwn = async (): Promise<ScheduleSummary[]> => {
    const found: ScheduleSummary[] = [];
    for await (const schedule of schedules.list({ pageSize: OWN_PAGE })) {
      if (ownerOf(schedule) !== null) found.push(schedule);
    }
    return found;
  };

  /** Undefined if it was removed since it was listed. */
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
      await onOwn(definition.id, (handle) =>
        handle.update((description) =>
          toUpdate(definition, owner, {
            paused: description.state.paused,
            stateNote: notesOf(description).stateNote,
          }),
        ),
      );
    },

    reencrypt: (id) => reencryptSchedule({ client, describe: () => describe(id) }),

    remove: (id) => onOwn(id, (handle) => handle.delete()),
    pause: (id, reason) =>
      onOwn(id, async (handle, description) => {
        const notes = formatNotes({ ...notesOf(description), stateNote: reason }, true);
        if (fitsCommand(notes)) await handle.pause(notes);
        else await setState(client, description, { paused: true, notes });
      }),
    resume: (id, reason) =>
      onOwn(id, async (handle, description) => {
        const notes = formatResumeNotes({ ...notesOf(description), stateNote: reason });
        if (fitsCommand(notes)) await handle.unpause(notes);
        else await setState(client, description, { paused: false, notes });
      }),
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

/** How the run of a schedule stands: a time-out is told apart from other failures. */
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
    // The newest run of that id: one that continued as another counts as one.
    return { ...run, outcome: outcomeOf(await client.workflow.getHandle(run.jobId).describe()) };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { ...run, outcome: 'unknown' };
    throw error;
  }
}
