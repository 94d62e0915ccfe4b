import { readFile } from 'node:fs/promises';
import { database } from './database.ts';
import { durableJobs } from './jobs.ts';

// The library's tables, then the application's own.
const applied = await durableJobs.migrate();
await database.query(await readFile(new URL('schema.sql', import.meta.url), 'utf8'));
console.log(applied.length === 0 ? 'up to date' : applied.join(', '));
await durableJobs.close();
await database.end();
