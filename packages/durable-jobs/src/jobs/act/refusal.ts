import { Problem } from '../../http/problem.ts';

/** Why an action on a job is refused, in words for people. Its kind, for programs, may be the application's own. */
export class ActionRefusedError extends Problem {
  override readonly name = 'ActionRefusedError';
}
