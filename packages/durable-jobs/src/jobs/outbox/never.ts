/**
 * Due time of starts that are dropped or held. Releases up to 0.1 know neither state and would make such a start after a rollback once it
 * is due: this time never comes.
 */
export const NEVER = new Date('2199-01-01T00:00:00Z');
