/** Roles of an API key: `viewer` reads, `operator` also writes. Each role includes those before it. */
export const roles = ['viewer', 'operator'] as const;

/** One of {@link roles}. */
export type Role = (typeof roles)[number];

/** Whether the role `held` includes the role `needed`. */
export function allows(held: Role, needed: Role): boolean {
  return roles.indexOf(held) >= roles.indexOf(needed);
}
