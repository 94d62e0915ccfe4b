import type { WorkflowExecutionInfo } from '@temporalio/client';
import { searchAttributes } from './search-attributes.ts';
import { INDEXED_OPEN, indexedAs } from './run-status.ts';

/** What a job list can be asked for by state: visibility tells no finer ones apart. `running` is every job that has begun and not ended. */
export const searchableStatuses = [
  'scheduled',
  'running',
  'completed',
  'failed',
  'cancelled',
  'terminated',
] as const;

/** One of {@link searchableStatuses}. */
export type SearchableStatus = (typeof searchableStatuses)[number];

/** Which jobs; what is left out restricts nothing. */
export interface JobFilter {
  types?: readonly string[] | undefined;
  statuses?: readonly SearchableStatus[] | undefined;
  businessKey?: string | undefined;
  businessKeyPrefix?: string | undefined;
  startedAfter?: Date | undefined;
  startedBefore?: Date | undefined;
  closedAfter?: Date | undefined;
  closedBefore?: Date | undefined;
}

/** The search attributes that hold text, and those that hold times: what a query may speak of, and nothing else. */
type TextAttribute = 'JobType' | 'BusinessKey' | 'WorkflowId' | 'RunId' | 'ExecutionStatus';
type TimeAttribute = 'StartTime' | 'ExecutionTime' | 'CloseTime';

/** A condition of a query. It is made by the functions below alone, so no caller's text ever becomes one. */
export class Condition {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  /** Matches nothing: a job always has a type. */
  static readonly nothing = new Condition('JobType IS NULL');

  /** The attribute has one of these values. None at all matches nothing. */
  static isOneOf(attribute: TextAttribute, values: readonly string[]): Condition {
    const possible = values.filter(isSearchable);
    // The engine takes no empty list.
    if (possible.length === 0) return Condition.nothing;
    return new Condition(`${attribute} IN (${possible.map(quote).join(', ')})`);
  }

  /**
   * The attribute begins so; `%` and `_` stand for themselves. It may find more than that: on SQLite, the case of ASCII
   * letters makes no difference. {@link isMatch} tells what was meant.
   */
  static startsWith(attribute: TextAttribute, prefix: string): Condition {
    if (!isSearchable(prefix)) return Condition.nothing;
    return new Condition(`${attribute} STARTS_WITH ${quote(prefix)}`);
  }

  static isSet(attribute: TextAttribute): Condition {
    return new Condition(`${attribute} IS NOT NULL`);
  }

  /** The time stands so to an instant: a date, or RFC 3339 UTC with up to nine digits of a second. */
  static compare(attribute: TimeAttribute, operator: '>' | '<' | '>=' | '<=', at: Date | string): Condition {
    const instant = typeof at === 'string' ? at : at.toISOString();
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(instant)) {
      throw new Error(`a visibility query can not compare with the time ${JSON.stringify(instant)}`);
    }
    return new Condition(`${attribute} ${operator} ${quote(instant)}`);
  }

  static all(conditions: readonly Condition[]): Condition {
    return new Condition(conditions.map((condition) => condition.#text).join(' AND '));
  }

  static any(conditions: readonly Condition[]): Condition {
    return new Condition(`(${conditions.map((condition) => `(${condition.#text})`).join(' OR ')})`);
  }

  toString(): string {
    return this.#text;
  }
}

/**
 * Characters that the engine cannot be asked for, seen on 1.29: it trims `'` off a value's ends, so that a prefix of it would find all;
 * control characters, `"` and `\` are compared as their escapes; half a surrogate pair is no text; on PostgreSQL a `?` counts as a
 * placeholder. A job whose key contains one of them is found by its id, and by no query.
 */
// eslint-disable-next-line no-control-regex -- control characters are what it is about
const unsearchable = /[\u0000-\u001f\u007f'"\\?\p{Cs}]/u;

/** Whether the engine can be asked for text; most ids and keys of jobs can. */
export function isSearchable(text: string): boolean {
  return !unsearchable.test(text);
}

/** A value as the engine's parser reads it. @throws if it is not searchable: nothing else may end what it begins. */
function quote(value: string): string {
  if (!isSearchable(value)) throw new Error('a visibility query can not hold that text');
  return `'${value}'`;
}

/** The visibility query that finds the jobs of a filter; `now` tells those apart whose time is yet to come. */
export function jobQuery(filter: JobFilter, now: Date = new Date()): string {
  return Condition.all([jobCondition(filter), ...statusCondition(filter, now)]).toString();
}

/** What a filter asks of runs, but for their status. */
export function jobCondition(filter: JobFilter): Condition {
  const conditions = [
    filter.types ? Condition.isOneOf('JobType', filter.types) : Condition.isSet('JobType'),
    filter.businessKey !== undefined && Condition.isOneOf('BusinessKey', [filter.businessKey]),
    filter.businessKeyPrefix !== undefined && Condition.startsWith('BusinessKey', filter.businessKeyPrefix),
    filter.startedAfter && Condition.compare('StartTime', '>=', filter.startedAfter),
    filter.startedBefore && Condition.compare('StartTime', '<', filter.startedBefore),
    filter.closedAfter && Condition.compare('CloseTime', '>=', filter.closedAfter),
    filter.closedBefore && Condition.compare('CloseTime', '<', filter.closedBefore),
  ];
  return Condition.all(conditions.filter((condition) => condition instanceof Condition));
}

/** What a filter looks at of a run. */
type ListedRun = Pick<WorkflowExecutionInfo, 'type' | 'startTime' | 'typedSearchAttributes'>;

/** Whether a run that a filter's query found is meant by it: see {@link Condition.startsWith}. */
export function isMatch({ businessKeyPrefix: prefix }: JobFilter, run: ListedRun): boolean {
  if (prefix === undefined) return true;
  return run.typedSearchAttributes.get(searchAttributes.businessKey)?.startsWith(prefix) === true;
}

/** Whether a run that was found by other means is one of a filter's, whatever its status. */
export function isMatchOfJob(filter: JobFilter, run: ListedRun): boolean {
  const { types, businessKey, startedAfter, startedBefore } = filter;
  return (
    (types === undefined || types.some((type) => type === run.type)) &&
    (businessKey === undefined ||
      run.typedSearchAttributes.get(searchAttributes.businessKey) === businessKey) &&
    isMatch(filter, run) &&
    (startedAfter === undefined || run.startTime >= startedAfter) &&
    (startedBefore === undefined || run.startTime < startedBefore)
  );
}

function statusCondition({ statuses }: JobFilter, now: Date): Condition[] {
  return statuses ? [Condition.any(statuses.map((status) => hasStatus(status, now)))] : [];
}

/** What a status asks of runs. One that was started with a delay is `scheduled` until that is over. */
export function hasStatus(status: SearchableStatus, now: Date): Condition {
  if (status !== 'scheduled' && status !== 'running') {
    return Condition.isOneOf('ExecutionStatus', indexedAs(status));
  }
  return Condition.all([
    Condition.isOneOf('ExecutionStatus', [INDEXED_OPEN]),
    Condition.compare('ExecutionTime', status === 'scheduled' ? '>' : '<=', now),
  ]);
}
