/** Thrown if a kind derives an invalid fairness from a payload. Nothing was written. */
export class WorkFairnessError extends TypeError {
  override readonly name = 'WorkFairnessError';
  /** What is wrong, such as `key must not be empty`. */
  readonly fault: string;

  constructor(kind: string, fault: string, options?: ErrorOptions) {
    super(`The fairness of the work item kind ${kind} is not valid: ${fault}.`, options);
    this.fault = fault;
  }
}

/** An error that a handler throws to say why an item failed. Any other error counts as temporary, with the code `handler_failed`. */
export class WorkError extends Error {
  override readonly name = 'WorkError';
  /** For programs, in snake_case. */
  readonly code: string;
  /** Set if no further attempt can help: the item is dead immediately. */
  readonly permanent: boolean;

  constructor(code: string, message: string, options: { permanent?: boolean; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.permanent = options.permanent ?? false;
  }
}

/** Another worker has claimed the item. Its effects are rolled back, and nothing is recorded about it. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
  constructor(workItemId: string) {
    super(`the lease of work item ${workItemId} was lost`);
  }
}
