/** Actions that an operator can perform on many jobs at once. */
export const batchActions = ['cancel', 'terminate', 'retry', 'pause', 'resume'] as const;

/** One of {@link batchActions}. */
export type BatchAction = (typeof batchActions)[number];
