/** The PostgreSQL schema that holds the library's tables, functions and triggers. */
export const OWN_SCHEMA = 'durable_jobs';
