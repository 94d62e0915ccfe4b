import { linkTo } from '../../http/mount.ts';

/** The path of a group. */
export function linkToGroup(id: string): string {
  return linkTo(`/api/groups/${encodeURIComponent(id)}`);
}
