/** What an API key allows: `viewer` reads, `operator` also writes. Each role may do what those before it may. */
export const roles = ['viewer', 'operator'] as const;

/** One of {@link roles}. */
export type Role = (typeof roles)[number];

/** Whether somebody with role `held` may do what needs `needed`. */
export function allows(held: Role, needed: Role): boolean {
  return roles.indexOf(held) >= roles.indexOf(needed);
}
