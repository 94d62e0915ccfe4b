import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

const common = {
  times: z.int().min(1).max(100_000).default(1),
  match: z
    .strictObject({ method: z.string().toUpperCase().optional(), path: z.string().optional() })
    .optional(),
};

/** What POST /_control/faults takes. Strict, so that a misspelt fault is not silently a harmless one. */
export const faultSchema = z.discriminatedUnion('kind', [
  z
    .strictObject({
      ...common,
      kind: z.literal('status'),
      status: z.int().min(400).max(599),
      saved: z.boolean().default(false),
      retryAfterSeconds: z.int().min(0).max(3600).optional(),
    })
    .refine((fault) => !fault.saved || fault.status >= 500, {
      path: ['saved'],
      error: 'Only a 5xx can be returned after execution began and be saved.',
    }),
  z.strictObject({ ...common, kind: z.literal('delay'), delayMs: z.int().min(1).max(600_000) }),
  z.strictObject({ ...common, kind: z.literal('drop-before') }),
  z.strictObject({ ...common, kind: z.literal('drop-after') }),
]);

/** A fault that waits for calls to happen to: `times` says how many more. */
export type Fault = z.output<typeof faultSchema>;

/** The faults that are still to happen, oldest first. */
export class FaultQueue {
  #faults: Fault[] = [];
  #clearing = new AbortController();

  /** Adds a fault behind the others. */
  add(fault: Fault): void {
    this.#faults.push(fault);
  }

  /** What remains. */
  list(): readonly Fault[] {
    return this.#faults;
  }

  /** Forgets all, and lets the answers go that a delay holds back. */
  clear(): void {
    this.#faults = [];
    this.#clearing.abort();
    this.#clearing = new AbortController();
  }

  /** Aborts at the next `clear`. */
  get cleared(): AbortSignal {
    return this.#clearing.signal;
  }

  /**
   * Uses up one time of the first fault that is for this call. A saved 5xx needs an execution to fail in, so a call
   * that its idempotency key keeps from executing leaves it for the next.
   */
  take(call: { method: string; path: string; executes: boolean }): Fault | undefined {
    const fault = this.#faults.find(
      (candidate) =>
        (candidate.match?.method === undefined || candidate.match.method === call.method) &&
        (candidate.match?.path === undefined || call.path.includes(candidate.match.path)) &&
        !(!call.executes && candidate.kind === 'status' && candidate.saved),
    );
    if (!fault) return undefined;
    this.#faults = this.#faults.flatMap((other) => {
      if (other !== fault) return [other];
      return fault.times > 1 ? [{ ...fault, times: fault.times - 1 }] : [];
    });
    return fault;
  }
}

/**
 * Waits for `delayMs`, or until the fault is cleared.
 * @throws AbortError once `stopping` aborts
 */
export async function holdBack(delayMs: number, cleared: AbortSignal, stopping: AbortSignal): Promise<void> {
  await delay(delayMs, undefined, { signal: AbortSignal.any([cleared, stopping]) }).catch(
    (error: unknown) => {
      if (stopping.aborted) throw error;
    },
  );
}
