import type { Request } from 'express';
import { ipKeyGenerator } from 'express-rate-limit';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { Logger } from '../telemetry/logger.ts';
import { Problem } from '../http/problem.ts';

/** Blocks an address for a while after too many failures. */
export interface Lockout {
  /** @throws {Problem} `tooManyRequests` if the address is locked out, whatever it sends. */
  check: (request: Request) => Promise<void>;
  /**
   * Runs an attempt that may fail. From one address, only as many attempts run at once as may still fail; the others wait. Concurrent
   * attempts therefore get no more tries than sequential ones.
   * @throws {Problem} as `check` does.
   */
  attempt: <T>(request: Request, work: (failed: () => Promise<void>) => Promise<T>) => Promise<T>;
}

/** The running attempts of one address, and those that wait for one of them to end. */
interface UnderWay {
  count: number;
  waiting: (() => void)[];
}

/** Creates the lockout of one process. After `failures` within `seconds`, an address is blocked for that many seconds. */
export function createLockout(
  { failures, seconds, because }: { failures: number; seconds: number; because: string },
  logger: Logger,
): Lockout {
  const limiter = new RateLimiterMemory({ points: failures, duration: seconds });
  const clients = new Map<string, UnderWay>();

  /** Returns the number of failures of an address. @throws {Problem} if there are too many. */
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
    logger.warn({ client, seconds }, `an address was locked out: ${because}`);
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

/** Identifies a client: its IPv4 address, or its IPv6 network. */
function clientOf(request: Request): string {
  return ipKeyGenerator(request.ip ?? 'unknown');
}
