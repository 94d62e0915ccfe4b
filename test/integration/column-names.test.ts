import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { useService } from '../support/service.ts';

const service = useService({ workers: false });

it('every table and column has one name in camel case, which stands for it alone', async () => {
  const { rows } = await sql<{ name: string }>`
    WITH tables AS (
      SELECT oid, relname FROM pg_class
      WHERE relkind IN ('r', 'v', 'm') AND relnamespace IN ('durable_jobs'::regnamespace, 'public'::regnamespace))
    SELECT relname AS name FROM tables
    UNION
    SELECT attname FROM tables JOIN pg_attribute ON attrelid = tables.oid WHERE attnum > 0 AND NOT attisdropped
    ORDER BY name`.execute(service.db);
  const names = rows.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['created_at', 'orders', 'queued_messages']));

  const columns = names.map((name) => `NULL AS "${name}"`).join(', ');
  const { rows: read } = await sql.raw<Record<string, null>>(`SELECT ${columns}`).execute(service.db);
  const camelCase = Object.keys(read[0] ?? {});
  expect(camelCase.filter((name) => !/^[a-z][a-zA-Z0-9]*$/.test(name))).toEqual([]);
  expect(camelCase.map((name) => sql`${sql.id(name)}`.compile(service.db).sql)).toEqual(
    names.map((name) => `"${name}"`),
  );
});

it('what JSON contains keeps its names', async () => {
  const { rows } = await sql`
    SELECT '{"unit_amount": {"minor_units": 1}}'::jsonb AS one_value, '[{"unit_amount": 2}]'::jsonb AS many_values`.execute(
    service.db,
  );
  expect(rows).toEqual([{ oneValue: { unit_amount: { minor_units: 1 } }, manyValues: [{ unit_amount: 2 }] }]);
});
