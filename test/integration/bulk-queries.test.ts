import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { makeBulkJobOfQuery } from '../../packages/durable-jobs/src/bulk/make-from-query.ts';
import { findDeadWorkItems } from '../../packages/durable-jobs/src/work-queue/dead-items.ts';
import { useService } from '../support/service.ts';

const service = useService({ workers: false });

/** More than one page of a query, with rows of the same microsecond on both sides of its end. */
const DEAD = 12_345;

const insertDeadItems = (kind: string, count: number) =>
  sql`
    INSERT INTO work_items (kind, payload, status, ended_at, created_at)
    SELECT ${kind}, '{}', 'dead', now(), timestamptz '2026-01-01' + index / 100 * interval '1 microsecond'
    FROM generate_series(1, ${count}::integer) AS index`.execute(service.db);

/** Records how many rows each statement adds to the items of bulk jobs. */
async function noteStatements(): Promise<() => Promise<{ largest: number; rows: number }>> {
  await sql`CREATE TABLE IF NOT EXISTS item_statements (rows integer NOT NULL)`.execute(service.db);
  await sql`TRUNCATE item_statements`.execute(service.db);
  await sql`
    CREATE OR REPLACE FUNCTION note_item_statement() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO item_statements SELECT count(*) FROM added; RETURN NULL; END $$`.execute(service.db);
  await sql`
    CREATE OR REPLACE TRIGGER note_item_statement AFTER INSERT ON bulk_items
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION note_item_statement()`.execute(
    service.db,
  );
  return async () => {
    const { rows } = await sql<{ largest: number; rows: number }>`
      SELECT max(rows) AS largest, sum(rows)::integer AS rows FROM item_statements`.execute(service.db);
    return rows[0] ?? { largest: 0, rows: 0 };
  };
}

const itemsOf = async (id: string) => {
  const { rows } = await sql<{ items: number; ids: number; last: number }>`
    SELECT count(*)::integer AS items, count(DISTINCT payload ->> 'workItemId')::integer AS ids, max(position) AS last
    FROM bulk_items WHERE bulk_job_id = ${id}`.execute(service.db);
  return rows[0];
};

describe('a bulk job from a query', () => {
  it('is made in small statements, and has each row once', async () => {
    await insertDeadItems('adjust-stock', DEAD);
    await insertDeadItems('issue-invoice', 5);
    const statements = await noteStatements();
    const { status, body } = await service.request('POST', '/api/work-items/requeue', {
      kind: 'adjust-stock',
    });
    expect({ status, body }).toMatchObject({ status: 202, body: { total: DEAD } });
    const { id } = body as { id: string };
    expect(await itemsOf(id)).toEqual({ items: DEAD, ids: DEAD, last: DEAD - 1 });
    expect(await statements()).toEqual({ largest: 1_000, rows: DEAD });
    expect(await service.db.selectFrom('bulkUploads').select('id').execute()).toEqual([]);

    const all = await service.request('POST', '/api/bulk-jobs?task=requeue-work-items&query=dead-work-items');
    expect(all).toMatchObject({ status: 202, body: { total: DEAD + 5 } });
  });

  it('may have no items', async () => {
    const made = await service.request('POST', '/api/bulk-jobs?task=reprice-orders&query=open-orders');
    expect(made).toMatchObject({ status: 202, body: { total: 0, status: 'queued' } });
  });

  it('is made once for a key, by attempts at the same time too', async () => {
    await insertDeadItems('adjust-stock', 3_000);
    const job = { task: 'requeue-work-items', query: 'dead-work-items', originKey: randomUUID() };
    const made = await Promise.all(
      [1, 2, 3].map(() => makeBulkJobOfQuery(service.db, { ...job, items: findDeadWorkItems(service.db) })),
    );
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect(await makeBulkJobOfQuery(service.db, { ...job, items: findDeadWorkItems(service.db) })).toEqual(
      made[0],
    );
    const jobs = service.db.selectFrom('bulkJobs').select('id').where('originKey', '=', job.originKey);
    expect(await jobs.execute()).toHaveLength(1);
    // The items of the other attempts are gone.
    const { rows } = await sql`
      SELECT bulk_job_id FROM bulk_items WHERE bulk_job_id NOT IN (SELECT id FROM bulk_jobs)
      UNION ALL SELECT id FROM bulk_uploads`.execute(service.db);
    expect(rows).toEqual([]);
  });
});
