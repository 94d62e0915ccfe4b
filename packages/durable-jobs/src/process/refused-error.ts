/** Thrown if a command or a process can't do what was requested; the message says why. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  /** The exit code of the process. */
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
