/**
 * What a handler throws to say why an item was not done. Anything else that it throws counts as a failure that may pass,
 * with the code `handler_failed`.
 */
export class WorkError extends Error {
  override readonly name = 'WorkError';
  /** For programs, in snake_case. */
  readonly code: string;
  /** No further attempt can help: the item is dead at once. */
  readonly permanent: boolean;

  constructor(code: string, message: string, options: { permanent?: boolean; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.permanent = options.permanent ?? false;
  }
}

/** Another worker has claimed the item: its effects are rolled back, and nothing is recorded about it. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
  constructor(workItemId: string) {
    super(`the lease of work item ${workItemId} was lost`);
  }
}
