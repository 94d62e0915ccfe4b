import type { Pool } from 'pg';

const nothing: unknown = new Proxy(
  {},
  {
    get(_target, name) {
      // What asks whether it is a promise is not about the database.
      if (name === 'then' || typeof name === 'symbol') return undefined;
      throw new Error(
        `The job used its database (db.${name}), but the test did not provide one: pass db, a pg pool.`,
      );
    },
  },
);

/** Stands for the database of a job that is tested without one. */
export const noDatabase = nothing as Pool;
