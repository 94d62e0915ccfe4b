import { sql, type Kysely } from 'kysely';

/** Control characters, separators of lines, and marks of direction, as `lineFault` refuses them. */
const UNPRINTABLE = String.raw`[\u0001-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]`;

/** A character that is neither a space nor invisible. */
const VISIBLE = String.raw`[^\u0001-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0]`;

const isTime = (earliest: string, latest: string): string =>
  `${earliest} >= timestamptz '1900-01-01 00:00:00+00' AND ${latest} < timestamptz '2200-01-01 00:00:00+00'`;

/** The checks of columns that workers do not write when they claim or complete an item. */
const checks = {
  times: {
    columns: ['not_before', 'created_at'],
    condition: isTime('least(NEW.not_before, NEW.created_at)', 'greatest(NEW.not_before, NEW.created_at)'),
  },
  names: {
    columns: ['kind'],
    condition: `length(NEW.kind) <= 1000 AND btrim(NEW.kind) <> '' AND NEW.kind !~ '[[:cntrl:]]'`,
  },
  objects: {
    columns: ['payload'],
    condition: `jsonb_typeof(NEW.payload) = 'object'
      AND NOT jsonb_path_exists(NEW.payload, 'strict $.**{32} ? (@.type() == "object" || @.type() == "array")')`,
  },
  priority: { columns: ['priority'], condition: 'NEW.priority BETWEEN 1 AND 5' },
  fairness: {
    columns: ['fairness_key'],
    condition: `octet_length(NEW.fairness_key) <= 64
      AND NEW.fairness_key ~ '${VISIBLE}' AND NEW.fairness_key !~ '${UNPRINTABLE}'`,
  },
  weight: {
    columns: ['fairness_weight', 'fairness_key'],
    condition: `NEW.fairness_weight BETWEEN 0.001 AND 1000
      AND (NEW.fairness_weight IS NULL OR NEW.fairness_key IS NOT NULL)`,
  },
} as const;

/**
 * Moves checks of work items to triggers of their columns, under the same names. PostgreSQL parses the stored form of all check constraints of a
 * table for every statement that updates it, whatever the columns: for each completion of an item, that took longer than the update itself.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE FUNCTION durable_jobs.refuse_row() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION USING ERRCODE = 'check_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME,
        MESSAGE = format('new row for relation "%s" violates check constraint "%s"', TG_TABLE_NAME, TG_NAME);
    END $$`.execute(db);
  const groups = Object.entries(checks).map(([group, check]) => ({
    ...check,
    name: sql.id(`work_items_${group}_check`),
  }));
  const times = isTime(
    'least(lease_expires_at, last_error_at, started_at, ended_at)',
    'greatest(lease_expires_at, last_error_at, started_at, ended_at)',
  );
  // First, as it takes the strongest lock. The rows that are there met the former constraints of the same columns.
  await sql`
    ALTER TABLE durable_jobs.work_items
      ${sql.join(groups.map(({ name }) => sql`DROP CONSTRAINT IF EXISTS ${name}`))},
      DROP CONSTRAINT IF EXISTS work_items_payload_check,
      ADD CONSTRAINT work_items_attempt_times_check CHECK (${sql.raw(times)}) NOT VALID`.execute(db);
  for (const { name, columns, condition } of groups) {
    // As a constraint does, it accepts a row for which the condition is null. A trigger before the update would lock the row first, for
    // each update of any column.
    await sql`
      CREATE TRIGGER ${name} AFTER INSERT OR UPDATE OF ${sql.join(columns.map((column) => sql.id(column)))}
      ON durable_jobs.work_items FOR EACH ROW WHEN (NOT (${sql.raw(condition)}))
      EXECUTE FUNCTION durable_jobs.refuse_row()`.execute(db);
  }
}
