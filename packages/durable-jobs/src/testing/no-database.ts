import type { Pool } from 'pg';

const nothing: unknown = new Proxy(
  {},
  {
    get(_target, name) {
      // What asks whether it is a promise is not about the database.
      if (name === 'then' || typeof name === 'symbol') return undefined;
      throw new Error(
        `The job used its database (db.${name}), and the test gave it none: pass db, a pool of pg.`,
      );
    },
  },
);

/** Stands for the database of a job that is tested without one. */
export const noDatabase = nothing as Pool;
