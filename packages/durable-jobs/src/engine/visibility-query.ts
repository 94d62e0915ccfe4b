import type { WorkflowExecutionInfo } from '@temporalio/client';
import { searchAttributes } from './search-attributes.ts';
import { INDEXED_OPEN, indexedAs } from './run-status.ts';

/**
 * The states by which a job list can be filtered: visibility distinguishes no others. `running` matches every job that has begun and not
 * ended.
 */
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

/** A filter of jobs; omitted fields restrict nothing. */
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

/** The text and time attributes that queries may use. */
type TextAttribute =
  | 'JobType'
  | 'BusinessKey'
  | 'WorkflowId'
  | 'WorkflowType'
  | 'RunId'
  | 'ExecutionStatus'
  | 'TaskQueue'
  | 'TemporalWorkerDeploymentVersion'
  | 'TemporalWorkflowVersioningBehavior';
type TimeAttribute = 'StartTime' | 'ExecutionTime' | 'CloseTime';

/** A condition of a query. Only the functions below create conditions, so a caller's text never becomes one. */
export class Condition {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  /** Matches nothing: a job always has a type. */
  static readonly nothing = new Condition('JobType IS NULL');

  /** The attribute has one of these values. An empty list matches nothing. */
  static isOneOf(attribute: TextAttribute, values: readonly string[]): Condition {
    const possible = values.filter(isSearchable);
    // The engine refuses an empty list.
    if (possible.length === 0) return Condition.nothing;
    return new Condition(`${attribute} IN (${possible.map(quote).join(', ')})`);
  }

  /**
   * The attribute has this prefix; `%` and `_` are literal. It may match more: on SQLite, ASCII letters are compared case-insensitively.
   * {@link isMatch} filters the results.
   */
  static startsWith(attribute: TextAttribute, prefix: string): Condition {
    if (!isSearchable(prefix)) return Condition.nothing;
    return new Condition(`${attribute} STARTS_WITH ${quote(prefix)}`);
  }

  static isSet(attribute: TextAttribute): Condition {
    return new Condition(`${attribute} IS NOT NULL`);
  }

  static isUnset(attribute: TextAttribute): Condition {
    return new Condition(`${attribute} IS NULL`);
  }

  /** Compares a time with an instant: a date, or RFC 3339 UTC with up to nine fractional digits. */
  static compare(attribute: TimeAttribute, operator: '>' | '<' | '>=' | '<=', at: Date | string): Condition {
    const instant = typeof at === 'string' ? at : at.toISOString();
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(instant)) {
      throw new Error(`a visibility query cannot compare with the time ${JSON.stringify(instant)}`);
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
 * Characters that the engine cannot search for, as seen on 1.29: it trims `'` off the ends of a value, so a prefix of it would match
 * everything; control characters, `"` and `\` are compared as their escapes; half a surrogate pair is not text; on PostgreSQL, `?` is a
 * placeholder. A key of a job may contain them, so a list refuses to search for one; its job is found by its id.
 */
// eslint-disable-next-line no-control-regex -- control characters are what it is about
const unsearchable = /[\u0000-\u001f\u007f'"\\?\p{Cs}]/u;

/** Whether the engine can search for a text. */
export function isSearchable(text: string): boolean {
  return !unsearchable.test(text);
}

/** Quotes a value for the engine's parser. @throws if it is not searchable, because it could end the quotation. */
function quote(value: string): string {
  if (!isSearchable(value)) throw new Error('a visibility query cannot contain that text');
  return `'${value}'`;
}

/** Returns the visibility query of a filter; `now` separates jobs whose start time is in the future. */
export function jobQuery(filter: JobFilter, now: Date = new Date()): string {
  return Condition.all([jobCondition(filter), ...statusCondition(filter, now)]).toString();
}

/** Returns the condition of a filter, except for its status. */
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

/** The fields of a run that a filter uses. */
type ListedRun = Pick<WorkflowExecutionInfo, 'type' | 'startTime' | 'typedSearchAttributes'>;

/** Whether a run that a filter's query found really matches: see {@link Condition.startsWith}. */
export function isMatch({ businessKeyPrefix: prefix }: JobFilter, run: ListedRun): boolean {
  if (prefix === undefined) return true;
  return run.typedSearchAttributes.get(searchAttributes.businessKey)?.startsWith(prefix) === true;
}

/** Whether a run that was found in another way matches a filter, whatever its status. */
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

/** Returns the condition of a status. A run that was started with a delay is `scheduled` until the delay is over. */
export function hasStatus(status: SearchableStatus, now: Date): Condition {
  if (status !== 'scheduled' && status !== 'running') {
    return Condition.isOneOf('ExecutionStatus', indexedAs(status));
  }
  return Condition.all([
    Condition.isOneOf('ExecutionStatus', [INDEXED_OPEN]),
    Condition.compare('ExecutionTime', status === 'scheduled' ? '>' : '<=', now),
  ]);
}
