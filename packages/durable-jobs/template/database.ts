import pg from 'pg';

/** Connections to the application's database, if the library has its own tables in the schema `durable_jobs`. */
export const database = new pg.Pool({ connectionString: process.env.DATABASE_URL });
