import { Problem } from '../../http/problem.ts';

/** Thrown if an action on a job is refused, with the reason for people. The problem's kind may be the application's own. */
export class ActionRefusedError extends Problem {
  override readonly name = 'ActionRefusedError';
}
