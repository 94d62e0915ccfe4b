import { sql, type Kysely } from 'kysely';

/** A time that clients, the engine and JavaScript can hold too; `infinity` is none. */
const time = (column: string): string =>
  `${column} >= timestamptz '1900-01-01 00:00:00+00' AND ${column} < timestamptz '2200-01-01 00:00:00+00'`;
const count = (column: string): string => `${column} BETWEEN 0 AND 1000000`;
/** A name that is looked for, shown and logged as it is. */
const name = (column: string): string =>
  `length(${column}) <= 1000 AND btrim(${column}) <> '' AND ${column} !~ '[[:cntrl:]]'`;
/** An object that is nested no deeper than the body of a request may be: what shows it recurses. */
const object = (column: string): string =>
  `jsonb_typeof(${column}) = 'object' AND NOT jsonb_path_exists(${column}, 'strict $.**{32} ? (@.type() == "object" || @.type() == "array")')`;

type Group = 'times' | 'counts' | 'names' | 'objects';

const conditions: Record<Group, (column: string) => string> = {
  times: time,
  counts: count,
  names: name,
  objects: object,
};

/** What is checked of each table that other programs insert into: one bad row would fail a list, or a whole batch of claims. */
export const checkedColumns: Record<string, Partial<Record<Group, readonly string[]>>> = {
  emails: { times: ['created_at', 'next_attempt_at', 'leased_until', 'sent_at'], counts: ['attempts'] },
  work_items: {
    times: ['not_before', 'lease_expires_at', 'last_error_at', 'created_at', 'started_at', 'ended_at'],
    counts: ['attempts'],
    names: ['kind'],
    objects: ['payload'],
  },
  queued_messages: {
    times: ['visible_at', 'queued_at', 'settled_at'],
    names: ['queue'],
    objects: ['properties'],
  },
  outgoing_messages: {
    times: ['created_at', 'next_attempt_at', 'published_at'],
    counts: ['refusals'],
    names: ['queue'],
    objects: ['properties'],
  },
  outbox: {
    times: ['start_at', 'created_at', 'next_attempt_at', 'dispatched_at', 'withdrawn_at', 'dropped_at'],
    counts: ['attempts'],
    names: ['job_type', 'job_id'],
    objects: ['input'],
  },
};

/** The condition that a column of a group meets, as SQL. */
export const conditionOf = (group: Group, column: string): string => conditions[group](column);

/** The groups of a table's columns. */
export const groupsOf = (table: string): [Group, readonly string[]][] =>
  Object.entries(checkedColumns[table] ?? {}) as [Group, readonly string[]][];

/** The name of a group's constraint, which errors show. */
export const constraintOf = (table: string, group: Group): string => `${table}_${group}_check`;

/** Checks every row that is inserted or changed from here on; the rows that are there are the next migration's. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const table of Object.keys(checkedColumns)) {
    const added = groupsOf(table).map(([group, columns]) => {
      const all = columns.map((column) => `(${conditionOf(group, column)})`).join(' AND ');
      return `ADD CONSTRAINT ${constraintOf(table, group)} CHECK (${all}) NOT VALID`;
    });
    await sql.raw(`ALTER TABLE ${table} ${added.join(', ')}`).execute(db);
  }
}
