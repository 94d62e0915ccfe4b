import type { Request } from 'express';
import { ipKeyGenerator } from 'express-rate-limit';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { Logger } from '../../platform/logger.ts';
import { Problem } from '../problem.ts';

/** Keeps an address that has failed at something too often from trying it, for a while. */
export interface Lockout {
  /** @throws {Problem} `tooManyRequests` for an address that is locked out, whatever it sends. */
  check: (request: Request) => Promise<void>;
  /** Counts a failure. */
  failed: (request: Request) => Promise<void>;
}

/** Makes a lockout of one process: `failures` within `seconds`, and an address waits for as long. */
export function createLockout(
  { failures, seconds, because }: { failures: number; seconds: number; because: string },
  logger: Logger,
): Lockout {
  const limiter = new RateLimiterMemory({ points: failures, duration: seconds });
  return {
    async check(request) {
      const state = await limiter.get(clientOf(request));
      if (!state || state.consumedPoints < failures) return;
      throw new Problem('tooManyRequests', because, {
        headers: { 'Retry-After': String(Math.ceil(state.msBeforeNext / 1_000)) },
      });
    },
    async failed(request) {
      const client = clientOf(request);
      const { consumedPoints } = await limiter.penalty(client);
      if (consumedPoints !== failures) return;
      await limiter.block(client, seconds);
      logger.warn({ client, seconds }, `an address is locked out: ${because}`);
    },
  };
}

/** An address; of IPv6, the network that one client has. */
function clientOf(request: Request): string {
  return ipKeyGenerator(request.ip ?? 'unknown');
}
