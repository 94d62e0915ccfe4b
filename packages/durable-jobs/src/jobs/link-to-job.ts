import { linkTo } from '../http/mount.ts';

/**
 * A job's id as a segment of a path: what a path cannot hold is escaped, such as `/` and letters outside ASCII. The colon stays as
 * it is, so that most ids look the same in a path as anywhere else.
 */
export function idInPath(id: string): string {
  return encodeURIComponent(id).replaceAll('%3A', ':');
}

/** The path at which a client finds a job, or what is below it, such as `/timeline`. */
export function linkToJob(id: string, below = ''): string {
  return linkTo(`/api/jobs/${idInPath(id)}${below}`);
}
