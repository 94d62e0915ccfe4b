import { AsyncLocalStorage } from 'node:async_hooks';
import { CompiledQuery, type ControlledTransaction, type Dialect, type PostgresDialect } from 'kysely';
import pg from 'pg';

/** One SQL statement with the parameters `$1`, `$2` and so on. */
interface Statement {
  text: string;
  values: readonly (string | null)[];
}

const lastStatements = new AsyncLocalStorage<Statement>();

/** Queries whose own text contains values, with their text without them. */
const textsWithoutValues = new WeakMap<CompiledQuery, string>();

/**
 * Commits a transaction together with its last statement, in one round trip.
 * @throws the statement's error: nothing is committed then, and the transaction is to be rolled back.
 */
export async function commitWith<DB>(
  trx: ControlledTransaction<DB>,
  text: string,
  values: Statement['values'],
): Promise<void> {
  await lastStatements.run({ text, values }, () => trx.commit().execute());
}

/** Returns the text of a query without the values of its parameters. */
export function textWithoutValues(query: CompiledQuery): string {
  return textsWithoutValues.get(query) ?? query.sql;
}

/** Returns a dialect whose transactions can be committed by {@link commitWith}. */
export function withLastStatements(dialect: PostgresDialect): Dialect {
  return {
    createAdapter: () => dialect.createAdapter(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createDriver() {
      const driver = dialect.createDriver();
      const commit = driver.commitTransaction.bind(driver);
      driver.commitTransaction = async (connection) => {
        const statement = lastStatements.getStore();
        if (statement === undefined) await commit(connection);
        else await connection.executeQuery(withCommit(statement));
      };
      return driver;
    },
  };
}

/** PostgreSQL runs the commit only if the statement succeeds. It accepts several statements in one query only without parameters. */
function withCommit({ text, values }: Statement): CompiledQuery {
  const withValues = text.replaceAll(/\$(\d+)/g, (_parameter, number: string) => {
    const value = values[Number(number) - 1] ?? null;
    return value === null ? 'NULL' : pg.escapeLiteral(value);
  });
  const query = CompiledQuery.raw(`${withValues}; COMMIT`);
  textsWithoutValues.set(query, `${text}; COMMIT`);
  return query;
}
