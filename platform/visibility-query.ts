import type { JobType } from '../contracts/signatures.ts';

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
  types?: readonly JobType[] | undefined;
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

  /** The attribute has one of these values. None at all matches nothing. */
  static isOneOf(attribute: TextAttribute, values: readonly string[]): Condition {
    // The engine takes no empty list; a job always has a type.
    if (values.length === 0) return new Condition('JobType IS NULL');
    return new Condition(`${attribute} IN (${values.map(quote).join(', ')})`);
  }

  static startsWith(attribute: TextAttribute, prefix: string): Condition {
    return new Condition(`${attribute} STARTS_WITH ${quote(prefix)}`);
  }

  static isSet(attribute: TextAttribute): Condition {
    return new Condition(`${attribute} IS NOT NULL`);
  }

  static compare(attribute: TimeAttribute, operator: '>' | '<' | '>=' | '<=', at: Date): Condition {
    return new Condition(`${attribute} ${operator} ${quote(at.toISOString())}`);
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
 * A value as the engine's parser reads it. The parser knows escapes by backslash and doubled quotes; both are written so
 * that they stand for themselves.
 */
function quote(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

/** The visibility query that finds the jobs of a filter; `now` tells those apart whose time is yet to come. */
export function jobQuery(filter: JobFilter, now: Date = new Date()): string {
  const conditions = [
    filter.types ? Condition.isOneOf('JobType', filter.types) : Condition.isSet('JobType'),
    filter.statuses && Condition.any(filter.statuses.map((status) => hasStatus(status, now))),
    filter.businessKey !== undefined && Condition.isOneOf('BusinessKey', [filter.businessKey]),
    filter.businessKeyPrefix !== undefined && Condition.startsWith('BusinessKey', filter.businessKeyPrefix),
    filter.startedAfter && Condition.compare('StartTime', '>=', filter.startedAfter),
    filter.startedBefore && Condition.compare('StartTime', '<', filter.startedBefore),
    filter.closedAfter && Condition.compare('CloseTime', '>=', filter.closedAfter),
    filter.closedBefore && Condition.compare('CloseTime', '<', filter.closedBefore),
  ];
  return Condition.all(conditions.filter((condition) => condition instanceof Condition)).toString();
}

/** The engine's statuses that are one of ours. */
const engineStatuses = {
  completed: ['Completed'],
  failed: ['Failed', 'TimedOut'],
  cancelled: ['Canceled'],
  terminated: ['Terminated'],
} as const satisfies Partial<Record<SearchableStatus, readonly string[]>>;

function hasStatus(status: SearchableStatus, now: Date): Condition {
  if (status !== 'scheduled' && status !== 'running') {
    return Condition.isOneOf('ExecutionStatus', engineStatuses[status]);
  }
  return Condition.all([
    Condition.isOneOf('ExecutionStatus', ['Running']),
    Condition.compare('ExecutionTime', status === 'scheduled' ? '>' : '<=', now),
  ]);
}
