/** Thrown if a job's definition derives something invalid from the input. Nothing was written. */
export class DerivationError extends TypeError {
  /** What is wrong, such as `key must not be empty`. */
  readonly fault: string;

  /** `what` is the subject of its message, such as `fairness`. */
  constructor(what: string, jobType: string, fault: string, options?: ErrorOptions) {
    super(`The ${what} of the job ${jobType} is not valid: ${fault}.`, options);
    this.fault = fault;
  }
}
