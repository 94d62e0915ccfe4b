import type { Request } from 'express';
import { ipKeyGenerator } from 'express-rate-limit';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { Logger } from '../telemetry/logger.ts';
import { Problem } from '../http/problem.ts';

/** Keeps an address that has failed at something too often from trying it, for a while. */
export interface Lockout {
  /** @throws {Problem} `tooManyRequests` for an address that is locked out, whatever it sends. */
  check: (request: Request) => Promise<void>;
  /**
   * Runs something that may fail, at most as many at once from one address as may still fail: others wait, so that those who
   * try many at once get no more tries than those who try one after the other.
   * @throws {Problem} as `check` does.
   */
  attempt: <T>(request: Request, work: (failed: () => Promise<void>) => Promise<T>) => Promise<T>;
}

/** Attempts of one address that are under way, and those that wait for one of them to end. */
interface UnderWay {
  count: number;
  waiting: (() => void)[];
}

/** Makes a lockout of one process: `failures` within `seconds`, and an address waits for as long. */
export function createLockout(
  { failures, seconds, because }: { failures: number; seconds: number; because: string },
  logger: Logger,
): Lockout {
  const limiter = new RateLimiterMemory({ points: failures, duration: seconds });
  const clients = new Map<string, UnderWay>();

  /** How often an address has failed. @throws {Problem} where that is too often. */
  const failuresOf = async (client: string): Promise<number> => {
    const state = await limiter.get(client);
    if (!state) return 0;
    if (state.consumedPoints < failures) return state.consumedPoints;
    throw new Problem('tooManyRequests', because, {
      headers: { 'Retry-After': String(Math.ceil(state.msBeforeNext / 1_000)) },
    });
  };

  const enter = async (client: string): Promise<() => void> => {
    for (;;) {
      const failed = await failuresOf(client);
      const underWay = clients.get(client) ?? { count: 0, waiting: [] };
      if (failed + underWay.count < failures) {
        clients.set(client, underWay);
        underWay.count++;
        return () => {
          underWay.count--;
          for (const goOn of underWay.waiting.splice(0)) goOn();
          if (underWay.count === 0) clients.delete(client);
        };
      }
      await new Promise<void>((resolve) => underWay.waiting.push(resolve));
    }
  };

  const fail = async (client: string): Promise<void> => {
    const { consumedPoints } = await limiter.penalty(client);
    if (consumedPoints !== failures) return;
    await limiter.block(client, seconds);
    logger.warn({ client, seconds }, `an address is locked out: ${because}`);
  };

  return {
    async check(request) {
      await failuresOf(clientOf(request));
    },
    async attempt(request, work) {
      const client = clientOf(request);
      const leave = await enter(client);
      try {
        return await work(() => fail(client));
      } finally {
        leave();
      }
    },
  };
}

/** An address; of IPv6, the network that one client has. */
function clientOf(request: Request): string {
  return ipKeyGenerator(request.ip ?? 'unknown');
}
