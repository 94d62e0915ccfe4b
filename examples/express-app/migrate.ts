import { pool, tables } from './database.ts';
import { durableJobs } from './jobs.ts';

await durableJobs.migrate();
await pool.query(tables);
await pool.end();
