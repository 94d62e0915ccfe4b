import pg from 'pg';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../support/database.ts';
import { pages, readBlocks } from '../support/docs/pages.ts';

const blocks = pages.flatMap(readBlocks).map((block) => ({ ...block, at: `${block.page}:${block.line}` }));
const inLanguage = (...languages: string[]) => blocks.filter(({ language }) => languages.includes(language));

/** What the statements of the pages take for granted: the tables of other programs, the engine's among them, and a role. */
const given = `
  CREATE TABLE executions_visibility (namespace_id char(64), run_id char(64), start_time timestamp, close_time timestamp,
    status integer, keyword10 varchar(255), temporalnamespacedivision varchar(255));
  CREATE ROLE shop;
  CREATE TABLE deliveries (id integer);
  CREATE TABLE files AS SELECT generate_series(1, 3)::text AS id;
  CREATE SCHEMA pgboss;
  CREATE TABLE pgboss.job (id uuid, name text, state text, data jsonb, start_after timestamptz);
  INSERT INTO pgboss.job VALUES (gen_random_uuid(), 'invoice-reminder', 'created', '{"invoiceId": "1"}', now());
  SET LOCAL search_path = durable_jobs, public;`;

it.each(inLanguage('json'))('$at is JSON', ({ code }) => {
  // Members without braces are for a file that the page names.
  expect(() => void JSON.parse(code.startsWith('"') ? `{${code}}` : code)).not.toThrow();
});

it.each(inLanguage('ts'))('$at is TypeScript', ({ code }) => {
  // A block may be the inside of a function, of an object or of a class, and `…` stands for code that is omitted.
  const text = code.replaceAll(/^\s*…$/gm, '');
  const problems = [text, `async () => { ${text} }`, `({ ${text} })`, `class Whole { ${text} }`].map(
    (source) => {
      const { diagnostics = [] } = ts.transpileModule(source, {
        reportDiagnostics: true,
        compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext },
      });
      return diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
    },
  );
  if (!problems.some((found) => found.length === 0)) expect(problems[0]).toEqual([]);
});

describe('the SQL of a page', () => {
  let client: pg.Client;
  let drop: () => Promise<void>;

  beforeAll(async () => {
    const database = await createTestDatabase();
    drop = database.drop;
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await drop();
  });

  it.each(inLanguage('sql'))('$at runs', async ({ code }) => {
    await client.query('BEGIN');
    try {
      await client.query(given);
      // All of it is rolled back, so it has to be one transaction.
      await client.query(
        code.replaceAll(/^(BEGIN|COMMIT);$/gm, '').replaceAll('INDEX CONCURRENTLY', 'INDEX'),
      );
    } finally {
      await client.query('ROLLBACK');
    }
  });
});
