/** The stack of development: PostgreSQL, Temporal with its Web UI, and an inbox, each as a process of its own. */
export { startInbox, type InboxOptions } from './inbox.ts';
export { reservePort, type ReservedPort } from './ports.ts';
export { startPostgres, type PostgresOptions } from './postgres.ts';
export { resolveTemporalCli, type ResolveCliOptions, type TemporalCli } from './temporal-cli.ts';
export { startTemporal, type TemporalServerOptions } from './temporal-server.ts';
