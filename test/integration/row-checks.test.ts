import { sql } from 'kysely';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { connectDatabase } from '../../packages/durable-jobs/src/database/connect.ts';
import { migrations, migrateToLatest } from '../../domain/database/migrate.ts';
import { applyMigrations } from '../../packages/durable-jobs/src/database/migrator.ts';
import { createTestDatabase } from '../support/database.ts';
import { useService } from '../support/service.ts';

const service = useService({ workers: false });
const logger = pino({ level: 'silent' });

const nested = (levels: number): string => `{"a": ${'['.repeat(levels - 1)}1${']'.repeat(levels - 1)}}`;

describe('a row that another program inserts', () => {
  it.each([
    [
      'emails_times_check',
      `INSERT INTO emails (recipient, next_attempt_at) VALUES ('a@b.example', 'infinity')`,
    ],
    ['emails_times_check', `INSERT INTO emails (recipient, created_at) VALUES ('a@b.example', '-infinity')`],
    ['emails_counts_check', `INSERT INTO emails (recipient, attempts) VALUES ('a@b.example', -1)`],
    [
      'work_items_times_check',
      `INSERT INTO work_items (kind, payload, not_before) VALUES ('k', '{}', 'infinity')`,
    ],
    [
      'work_items_times_check',
      `INSERT INTO work_items (kind, payload, not_before) VALUES ('k', '{}', '250000-01-01')`,
    ],
    [
      'work_items_times_check',
      `INSERT INTO work_items (kind, payload, created_at) VALUES ('k', '{}', '0044-03-15 BC')`,
    ],
    [
      'work_items_counts_check',
      `INSERT INTO work_items (kind, payload, attempts) VALUES ('k', '{}', 2147483647)`,
    ],
    ['work_items_names_check', `INSERT INTO work_items (kind, payload) VALUES (' ', '{}')`],
    ['work_items_names_check', `INSERT INTO work_items (kind, payload) VALUES (E'a\\nb', '{}')`],
    ['work_items_objects_check', `INSERT INTO work_items (kind, payload) VALUES ('k', '${nested(33)}')`],
    [
      'queued_messages_times_check',
      `INSERT INTO queued_messages (queue, body, visible_at) VALUES ('q', '', 'infinity')`,
    ],
    [
      'queued_messages_objects_check',
      `INSERT INTO queued_messages (queue, body, properties) VALUES ('q', '', '[]')`,
    ],
    ['outgoing_messages_names_check', `INSERT INTO outgoing_messages (queue, body) VALUES ('', '')`],
    [
      'outbox_times_check',
      `INSERT INTO outbox (job_type, job_id, input, start_at, next_attempt_at) VALUES ('t', 'j', '{}', 'infinity', now())`,
    ],
    [
      'outbox_objects_check',
      `INSERT INTO outbox (job_type, job_id, input, next_attempt_at) VALUES ('t', 'j', '"text"', now())`,
    ],
    ...[
      `'{"a": "${'x'.repeat(1_048_576)}"}', NULL, NULL`,
      `'{}', repeat('r', 201), NULL`,
      `'{}', NULL, repeat('t', 201)`,
    ].map((values): [string, string] => [
      'outbox_size',
      `INSERT INTO outbox (job_type, job_id, next_attempt_at, input, request_id, traceparent)
       VALUES ('t', 'j', now(), ${values})`,
    ]),
  ])('is refused by %s', async (constraint, statement) => {
    await expect(sql.raw(statement).execute(service.db)).rejects.toMatchObject({ constraint });
  });

  it('may be nested as deep as the body of a request', async () => {
    await sql
      .raw(
        `INSERT INTO work_items (kind, payload, not_before) VALUES ('deep', '${nested(32)}', '2199-01-01')`,
      )
      .execute(service.db);
    expect(await service.request('GET', '/api/work-items?kind=deep')).toMatchObject({
      status: 200,
      body: { items: [{ kind: 'deep' }] },
    });
  });
});

describe('rows that were there before they were checked', () => {
  it('are brought in line, each value that is refused and no other', async () => {
    const database = await createTestDatabase('template0');
    const db = connectDatabase(database.url, { poolSize: 1, logger, applicationName: 'test' });
    try {
      const before = Object.entries(migrations).filter(([name]) => name < '0022');
      await applyMigrations(database.url, [{ migrations: Object.fromEntries(before) }], { logger });
      await sql
        .raw(
          `INSERT INTO work_items (kind, payload, not_before, attempts) VALUES
            (E'a\\nb', '${nested(5_000)}', 'infinity', 2147483647), ('good', '{"a": 1}', '2026-03-01Z', 2)`,
        )
        .execute(db);
      await migrateToLatest(database.url);
      const { rows } = await sql`
        SELECT kind, payload, not_before, attempts, started_at FROM work_items ORDER BY kind`.execute(db);
      expect(rows).toEqual([
        {
          kind: 'good',
          payload: { a: 1 },
          notBefore: new Date('2026-03-01T00:00:00Z'),
          attempts: 2,
          startedAt: null,
        },
        {
          kind: 'invalid: a?b',
          payload: { removed: expect.any(String) as string },
          notBefore: new Date('2199-12-31T00:00:00Z'),
          attempts: 1_000_000,
          startedAt: null,
        },
      ]);
    } finally {
      await db.destroy();
      await database.drop();
    }
  });
});
