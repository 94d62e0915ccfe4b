import { AsyncLocalStorage } from 'node:async_hooks';
import { CompiledQuery, type ControlledTransaction, type Dialect, type PostgresDialect } from 'kysely';

const lastStatements = new AsyncLocalStorage<string>();

/**
 * Commits a transaction together with its last statement, in one round trip. `statement` is the text of one SQL statement without parameters.
 * @throws the statement's error: nothing is committed then, and the transaction is to be rolled back.
 */
export async function commitWith<DB>(trx: ControlledTransaction<DB>, statement: string): Promise<void> {
  await lastStatements.run(statement, () => trx.commit().execute());
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
        // PostgreSQL runs the commit only if the statement succeeds.
        else await connection.executeQuery(CompiledQuery.raw(`${statement}; COMMIT`));
      };
      return driver;
    },
  };
}
