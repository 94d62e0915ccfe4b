import type { ProblemCode } from '../../../../../contracts/errors.ts';

/** Why an action on a job is refused, in words for people; the code is for programs. */
export class ActionRefusedError extends Error {
  override readonly name = 'ActionRefusedError';
  readonly code: ProblemCode;

  constructor(code: ProblemCode, message: string) {
    super(message);
    this.code = code;
  }
}
