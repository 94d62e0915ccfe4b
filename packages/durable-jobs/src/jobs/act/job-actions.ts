/** What an operator can do with many jobs at once, as with one. */
export const batchActions = ['cancel', 'terminate', 'retry', 'pause', 'resume'] as const;

/** One of {@link batchActions}. */
export type BatchAction = (typeof batchActions)[number];
