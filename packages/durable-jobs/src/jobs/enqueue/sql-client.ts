import { CompiledQuery } from 'kysely';

/** An SQL statement. `values` are in the order of `$1`, `$2` and so on, each used once. */
export interface Statement {
  text: string;
  values: unknown[];
}

/** The part of Drizzle's query objects that is used here. */
interface DrizzleQuery {
  getSQL(): DrizzleQuery;
  toQuery(): { sql: string; params: unknown[]; typings: never[] };
}

/** A client or pool of `pg`, or an object with the same method, such as TypeORM's entity manager and PGlite. */
interface PgClient {
  query(text: string, values: unknown[]): PromiseLike<unknown>;
}
interface KyselyClient {
  executeQuery(query: CompiledQuery): PromiseLike<unknown>;
}
interface KnexClient {
  raw(text: string, bindings: unknown[]): PromiseLike<unknown>;
}
interface PrismaClient {
  $queryRawUnsafe(text: string, ...values: unknown[]): PromiseLike<unknown>;
}
interface DrizzleClient {
  execute(query: never): PromiseLike<unknown>;
}
type RunStatement = (text: string, values: unknown[]) => PromiseLike<unknown>;

/**
 * Runs SQL in the caller's transaction: a client of `pg`, a transaction of Kysely, Drizzle, Knex or Prisma, or a function that runs a
 * statement with its values.
 */
export type SqlClient = PgClient | KyselyClient | KnexClient | PrismaClient | DrizzleClient | RunStatement;

/**
 * Runs a statement with the caller's client and returns the client's result.
 * @throws {TypeError} if the client is not a {@link SqlClient}; otherwise what the client throws.
 */
export async function runStatement(client: SqlClient, { text, values }: Statement): Promise<unknown> {
  // A Knex transaction is also a function, and a Drizzle transaction has a `query` that is not one.
  if (has(client, 'raw')) return client.raw(text.replaceAll(/\$\d+/g, '?'), values);
  if (has(client, 'executeQuery')) return client.executeQuery(CompiledQuery.raw(text, values));
  if (has(client, '$queryRawUnsafe')) return client.$queryRawUnsafe(text, ...values);
  if (has(client, 'query')) return client.query(text, values);
  if (has(client, 'execute')) return client.execute(drizzleQuery({ text, values }) as never);
  if (typeof client === 'function') return client(text, values);
  throw new TypeError(
    'enqueue requires a client that runs SQL, such as a pg client or a transaction of Kysely, Knex, Drizzle or Prisma',
  );
}

/**
 * Like {@link runStatement}, but returns the rows.
 * @throws {TypeError} also if the client returns no rows.
 */
export async function queryRows(client: SqlClient, statement: Statement): Promise<Record<string, unknown>[]> {
  const answer = await runStatement(client, statement);
  const rows = Array.isArray(answer) ? answer : (answer as { rows?: unknown } | undefined)?.rows;
  if (!Array.isArray(rows)) throw new TypeError('the SQL client returned no rows');
  return rows as Record<string, unknown>[];
}

type ClientWith<Method extends string> = Extract<SqlClient, Record<Method, unknown>>;

function has<Method extends string>(client: SqlClient, method: Method): client is ClientWith<Method> {
  return typeof Reflect.get(client, method) === 'function';
}

function drizzleQuery({ text, values }: Statement): DrizzleQuery {
  const query: DrizzleQuery = {
    getSQL: () => query,
    toQuery: () => ({ sql: text, params: values, typings: [] }),
  };
  return query;
}
