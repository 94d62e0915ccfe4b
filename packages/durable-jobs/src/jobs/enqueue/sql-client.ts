import { CompiledQuery } from 'kysely';

/** An SQL statement, whose values stand in the order of `$1`, `$2` and so on, each once. */
export interface Statement {
  text: string;
  values: unknown[];
}

/** What Drizzle makes of its own templates, as far as it asks a query for it. */
interface DrizzleQuery {
  getSQL(): DrizzleQuery;
  toQuery(): { sql: string; params: unknown[]; typings: never[] };
}

/** A client or pool of `pg`, or what has the same method, such as TypeORM's entity manager and PGlite. */
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
 * What runs SQL in the caller's transaction: a client of `pg`, a transaction of Kysely, Drizzle, Knex or Prisma, or a function
 * that runs a statement with its values.
 */
export type SqlClient = PgClient | KyselyClient | KnexClient | PrismaClient | DrizzleClient | RunStatement;

/**
 * Runs a statement by what the caller has.
 * @throws {TypeError} where that is none of {@link SqlClient}; else what the client throws.
 */
export async function runStatement(client: SqlClient, { text, values }: Statement): Promise<void> {
  // A transaction of Knex is a function too, and one of Drizzle has a `query` that is none.
  if (has(client, 'raw')) await client.raw(text.replaceAll(/\$\d+/g, '?'), values);
  else if (has(client, 'executeQuery')) await client.executeQuery(CompiledQuery.raw(text, values));
  else if (has(client, '$queryRawUnsafe')) await client.$queryRawUnsafe(text, ...values);
  else if (has(client, 'query')) await client.query(text, values);
  else if (has(client, 'execute')) await client.execute(drizzleQuery({ text, values }) as never);
  else if (typeof client === 'function') await client(text, values);
  else throw new TypeError('a job was to be enqueued by something that runs no SQL');
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
