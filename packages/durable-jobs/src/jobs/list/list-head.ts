import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { Condition, jobCondition, type JobFilter } from '../../engine/visibility-query.ts';
import { readRuns, type Run } from '../../engine/visibility-runs.ts';
import { INDEXED_OPEN, indexedAs } from '../../engine/run-status.ts';
import { isOneOf } from './status-condition.ts';

/** Which runs a list contains: those that the engine finds and that match. */
export interface HeadSearch {
  client: Client;
  filter: JobFilter;
  /** Whether a found run matches. */
  accept: (run: WorkflowExecutionInfo) => boolean;
}

/** The open runs with which a list begins. */
export interface OpenHead {
  open: Run[];
  /** Runs that ended after the walk began; undefined if the head was too short to show them. */
  endedSince: Run[] | undefined;
}

/**
 * The beginning of a list of open and ended runs. The engine's index has the same order, so one query finds it: the engine permits a namespace
 * ten queries per second by default, whatever they cost.
 */
export class ListHead {
  #ended: Run[] = [];
  /** Whether the head contains all runs that match. */
  #isAll = false;

  /** Reads the first runs that match, and returns those that were open when the walk began. */
  async read({ client, filter, accept }: HeadSearch, asOf: string, limit: number): Promise<OpenHead> {
    const query = Condition.all([jobCondition(filter), isOneOf(INDEXED_OPEN, ...indexedAs())]);
    const runs = await readRuns(client, query, { order: 'startTime', after: undefined, limit, accept });
    this.#isAll = runs.length < limit;
    this.#ended = runs.filter(({ closeTime }) => closeTime !== null && closeTime <= nanoseconds(asOf));
    const isComplete = this.#isAll || this.#ended.length > 0;
    return {
      open: runs.filter(({ closeTime }) => closeTime === null),
      endedSince: isComplete
        ? runs.filter(({ closeTime }) => closeTime !== null && closeTime > nanoseconds(asOf))
        : undefined,
    };
  }

  /** Returns the first runs that had ended when the walk began; undefined if the head was too short. */
  ended(limit: number): Run[] | undefined {
    return this.#isAll || this.#ended.length >= limit ? this.#ended.slice(0, limit) : undefined;
  }
}

/** Returns an instant with nine fractional digits, as runs have them, so that text can be compared. */
function nanoseconds(instant: string): string {
  const [seconds = '', fraction = ''] = instant.slice(0, -1).split('.');
  return `${seconds}.${fraction.padEnd(9, '0')}Z`;
}
