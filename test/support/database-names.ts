/**
 * Name of the migrated database that each test file's own is copied from. In a file of its own, as the global set-up, which makes it,
 * cannot import anything that imports vitest.
 */
export const TEMPLATE_DATABASE = 'durable_jobs_template';
