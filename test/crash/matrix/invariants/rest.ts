import type { Evidence } from '../evidence.ts';

/** Rest: everything is ready, every service runs, and no message is on its way or was given up. */
export function checkRest({ messages, unready, services }: Evidence): string[] {
  const violations = unready.map((check) => `not ready: ${check}`);
  for (const { id, state } of services) {
    if (state !== 'running') violations.push(`the service ${id} is ${state}`);
  }
  for (const [what, count] of Object.entries(messages)) {
    if (count > 0) violations.push(`${count} messages are ${what === 'deadLetters' ? 'dead letters' : what}`);
  }
  return violations;
}
