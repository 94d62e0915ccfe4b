import { sql, type Kysely } from 'kysely';
import { buildIndex } from '../indexes.ts';

export const transactional = false;

/** Finds the open bulk jobs, which the home page and the metrics count, without reading the ended ones. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await buildIndex(db, 'bulk_jobs_open', sql`ON durable_jobs.bulk_jobs (created_at) WHERE ended_at IS NULL`);
}
