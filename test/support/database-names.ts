/**
 * Name of the migrated database that each test file's own database is copied from. It is in a separate file because the global set-up,
 * which creates it, cannot import anything that imports vitest.
 */
export const TEMPLATE_DATABASE = 'durable_jobs_template';
