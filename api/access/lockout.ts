import type { Request } from 'express';
import { ipKeyGenerator } from 'express-rate-limit';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { Logger } from '../../platform/logger.ts';
import { Problem } from '../problem.ts';

/** Keeps an address that has sent too many wrong keys from trying any, for a while. */
export interface Lockout {
  /** @throws {Problem} `tooManyRequests` for an address that is locked out, whatever key it sends. */
  check: (request: Request) => Promise<void>;
  /** Counts a wrong key. */
  failed: (request: Request) => Promise<void>;
}

/** Both the time in which failures are counted together and the time that a lockout lasts. */
const SECONDS = 60;

/** Makes the lockout of one process: `failuresPerMinute` wrong keys, and an address waits for a minute. */
export function createLockout(failuresPerMinute: number, logger: Logger): Lockout {
  const failures = new RateLimiterMemory({ points: failuresPerMinute, duration: SECONDS });
  return {
    async check(request) {
      const state = await failures.get(clientOf(request));
      if (!state || state.consumedPoints < failuresPerMinute) return;
      throw new Problem('tooManyRequests', 'Too many wrong keys came from this address.', {
        headers: { 'Retry-After': String(Math.ceil(state.msBeforeNext / 1_000)) },
      });
    },
    async failed(request) {
      const client = clientOf(request);
      const { consumedPoints } = await failures.penalty(client);
      if (consumedPoints !== failuresPerMinute) return;
      await failures.block(client, SECONDS);
      logger.warn({ client }, 'an address is locked out for a minute: it sent too many wrong keys');
    },
  };
}

/** An address; of IPv6, the network that one client has. */
function clientOf(request: Request): string {
  return ipKeyGenerator(request.ip ?? 'unknown');
}
