/** The development stack: PostgreSQL, Temporal with its Web UI, and an inbox, each in a separate process. */
export { startInbox, type InboxOptions } from './inbox.ts';
export { reservePort, type ReservedPort } from './ports.ts';
export { startPostgres, type PostgresOptions } from './postgres.ts';
export { resolveTemporalCli, type ResolveCliOptions, type TemporalCli } from './temporal-cli.ts';
export { startTemporal, type TemporalServerOptions } from './temporal-server.ts';
