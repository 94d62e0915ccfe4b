/**
 * When a start is tried that is dropped, or held. Releases up to 0.1 know neither and would make one after a rollback, if its time ever came:
 * this time never does.
 */
export const NEVER = new Date('2199-01-01T00:00:00Z');
