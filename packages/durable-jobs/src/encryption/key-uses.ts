import type { Client } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import type { Db } from '../database/connect.ts';
import { countWrappedBy } from './subject-key-rows.ts';
import { INDEXED_OPEN } from '../engine/run-status.ts';
import { searchAttributes } from '../engine/search-attributes.ts';
import { isNotFound } from '../engine/not-found.ts';
import { keyIdOf } from './payload-format.ts';
import { encryptedPayloads } from './reveal.ts';

/** Data that can only be read with a key of the ring. */
export interface KeyUse {
  kind: 'people' | 'schedules' | 'openJobs' | 'closedJobs';
  /** Their number; a minimum if it equals the number of examples. */
  count: number;
  examples: string[];
}

/** The search for each kind ends after this many: one is enough to keep a key. */
const MAX_EXAMPLES = 5;
const PAGE = 200;
/** Number of histories that are read concurrently. */
const READ_AT_ONCE = 8;
const CALL_TIMEOUT_MS = 30_000;
/** Tolerated difference between the clocks of the engine and of our database. */
const CLOCK_TOLERANCE_MS = 600_000;

/**
 * Returns what still needs a key of the ring. It checks people's keys, schedules, open jobs, and closed jobs that began before the key was
 * last used. It reads payloads as they are stored: `client` must not decrypt.
 */
export async function findKeyUses(
  { db, client }: { db: Db; client: Client },
  { id, lastUsedAt }: { id: string; lastUsedAt: Date },
): Promise<KeyUse[]> {
  const until = new Date(lastUsedAt.getTime() + CLOCK_TOLERANCE_MS).toISOString();
  const open = `ExecutionStatus = '${INDEXED_OPEN}'`;
  const closed = `ExecutionStatus != '${INDEXED_OPEN}' AND StartTime <= '${until}'`;
  const engine = new RawEngine(client);
  const uses: KeyUse[] = [
    { kind: 'people', count: await countWrappedBy(db, id), examples: [] },
    toUse('schedules', await firstOf(engine.schedules(), (name) => engine.scheduleNeeds(name, id))),
    toUse('openJobs', await firstOf(engine.runs(open), (run) => engine.runNeeds(run, id))),
    toUse('closedJobs', await firstOf(engine.runs(closed), (run) => engine.runNeeds(run, id))),
  ];
  return uses.filter(({ count }) => count > 0);
}

interface Run {
  workflowId: string;
  runId: string;
}

function toUse(kind: KeyUse['kind'], found: readonly (string | Run)[]): KeyUse {
  const examples = found.map((one) => (typeof one === 'string' ? one : one.workflowId));
  return { kind, count: found.length, examples: [...new Set(examples)] };
}

/** Returns the first few that match, checked concurrently. */
async function firstOf<T>(all: AsyncIterable<T>, matches: (one: T) => Promise<boolean>): Promise<T[]> {
  const found: T[] = [];
  let unread: T[] = [];
  const read = async (): Promise<void> => {
    const matched = await Promise.all(unread.map(matches));
    found.push(...unread.filter((_, index) => matched[index]));
    unread = [];
  };
  for await (const one of all) {
    unread.push(one);
    if (unread.length === READ_AT_ONCE) await read();
    if (found.length >= MAX_EXAMPLES) return found.slice(0, MAX_EXAMPLES);
  }
  await read();
  return found.slice(0, MAX_EXAMPLES);
}

/** Reads the engine's data without decrypting payloads. */
class RawEngine {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  async *schedules(): AsyncGenerator<string> {
    let nextPageToken: Uint8Array | null = null;
    do {
      const page: temporal.api.workflowservice.v1.IListSchedulesResponse = await this.#bounded(() =>
        this.#service.listSchedules({ namespace: this.#namespace, maximumPageSize: PAGE, nextPageToken }),
      );
      for (const { scheduleId } of page.schedules ?? []) if (scheduleId) yield scheduleId;
      nextPageToken = tokenOf(page);
    } while (nextPageToken);
  }

  async scheduleNeeds(scheduleId: string, keyId: string): Promise<boolean> {
    return this.#unlessGone(async () => {
      const {
        schedule,
        memo,
        searchAttributes: marks,
      } = await this.#service.describeSchedule({
        namespace: this.#namespace,
        scheduleId,
      });
      // A memo can never be changed; it is not needed if the search attribute records the schedule's owner.
      const isMarked = marks?.indexedFields?.[searchAttributes.businessKey.name] !== undefined;
      return names(isMarked ? schedule : { schedule, memo }, keyId);
    });
  }

  async *runs(query: string): AsyncGenerator<Run> {
    let nextPageToken: Uint8Array | null = null;
    do {
      const page: temporal.api.workflowservice.v1.IListWorkflowExecutionsResponse = await this.#bounded(() =>
        this.#service.listWorkflowExecutions({
          namespace: this.#namespace,
          pageSize: PAGE,
          query,
          nextPageToken,
        }),
      );
      for (const { execution } of page.executions ?? []) {
        yield { workflowId: execution?.workflowId ?? '', runId: execution?.runId ?? '' };
      }
      nextPageToken = tokenOf(page);
    } while (nextPageToken);
  }

  async runNeeds(execution: Run, keyId: string): Promise<boolean> {
    const namespace = this.#namespace;
    return this.#unlessGone(async () => {
      // The last heartbeats of its activities are not in the history yet.
      if (names(await this.#service.describeWorkflowExecution({ namespace, execution }), keyId)) return true;
      let nextPageToken: Uint8Array | null = null;
      do {
        const page: temporal.api.workflowservice.v1.IGetWorkflowExecutionHistoryResponse =
          await this.#service.getWorkflowExecutionHistory({ namespace, execution, nextPageToken });
        if (names(page.history, keyId)) return true;
        nextPageToken = tokenOf(page);
      } while (nextPageToken);
      return false;
    });
  }

  get #namespace(): string {
    return this.#client.options.namespace;
  }

  get #service(): Client['workflowService'] {
    return this.#client.workflowService;
  }

  #bounded<T>(call: () => Promise<T>): Promise<T> {
    return this.#client.withDeadline(Date.now() + CALL_TIMEOUT_MS, call);
  }

  /** Deleted data needs no key. */
  async #unlessGone(needs: () => Promise<boolean>): Promise<boolean> {
    try {
      return await this.#bounded(needs);
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }
}

function names(answer: unknown, keyId: string): boolean {
  return encryptedPayloads(answer).some((payload) => keyIdOf(payload) === keyId);
}

function tokenOf({ nextPageToken }: { nextPageToken?: Uint8Array | null }): Uint8Array | null {
  return nextPageToken && nextPageToken.length > 0 ? nextPageToken : null;
}
