import type { Evidence } from '../evidence.ts';

/** Registrations: each accepted one has its user. */
export function checkRegistrations({ accepted, userIds }: Evidence): string[] {
  const found = new Set(userIds);
  return accepted.registrations
    .filter(({ userId }) => !found.has(userId))
    .map(({ userId }) => `user ${userId} is lost`);
}
