import { sql, type Kysely } from 'kysely';

/** Control characters, separators of lines, and marks of direction, as `lineFault` refuses them. */
const UNPRINTABLE = String.raw`[\u0001-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]`;

/** A character that is neither a space nor invisible. */
const VISIBLE = String.raw`[^\u0001-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0]`;

/** Priority and fairness of work items; null stands for the default. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE durable_jobs.work_items
      ADD COLUMN priority smallint,
      -- In the order of bytes: a claim steps from one key to the next.
      ADD COLUMN fairness_key text COLLATE "C",
      ADD COLUMN fairness_weight float8,
      ADD CONSTRAINT work_items_priority_check CHECK (priority BETWEEN 1 AND 5) NOT VALID,
      ADD CONSTRAINT work_items_fairness_check CHECK (octet_length(fairness_key) <= 64
        AND fairness_key ~ ${sql.lit(VISIBLE)} AND fairness_key !~ ${sql.lit(UNPRINTABLE)}) NOT VALID,
      ADD CONSTRAINT work_items_weight_check CHECK (fairness_weight BETWEEN 0.001 AND 1000
        AND (fairness_weight IS NULL OR fairness_key IS NOT NULL)) NOT VALID`.execute(db);
}
