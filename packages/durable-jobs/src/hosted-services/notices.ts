import type { ServiceProgress } from './hosted-service.ts';

/** Time without an error after which a failing service counts as recovered. */
const MENDED_MS = 60_000;

/** Duration of work above which a notice is sent. */
const LONG_BUSY_MS = 60_000;

/** Each notice costs four events of a history: three at once are fine, and then one every five minutes. */
const NOTICES_AT_ONCE = 3;
const NOTICE_EVERY_MS = 300_000;

/** The condition of a service, as far as people should hear about it. */
type Condition = 'fine' | 'failing' | 'busy';

/**
 * Decides when the Web UI gets a notice about a service: when it begins to fail, recovers, or is busy for long. Notices never contain error
 * messages, because they are kept in a history and errors may quote rows.
 */
export class ServiceNotices {
  #told: Condition = 'fine';
  #allowance = NOTICES_AT_ONCE;
  #allowedAt: number;
  #failingSince: number | undefined;
  #failedAt = 0;
  #busySince: number | undefined;

  constructor(now: number) {
    this.#allowedAt = now;
  }

  /** Records a report of the service at `now`, in milliseconds since the epoch. */
  report({ error, busy, processed }: ServiceProgress, now: number): void {
    if (error !== undefined) {
      this.#failingSince ??= now;
      this.#failedAt = now;
    }
    if (busy === false) this.#busySince = undefined;
    else if (busy === true || (processed ?? 0) > 0) this.#busySince ??= now;
  }

  /** Returns the notice to send at `now`, or undefined if it was already sent or too many were sent recently. */
  next(now: number): string | undefined {
    if (this.#failingSince !== undefined && now - this.#failedAt > MENDED_MS) this.#failingSince = undefined;
    const condition = this.#condition(now);
    const earned = Math.floor((now - this.#allowedAt) / NOTICE_EVERY_MS);
    this.#allowance = Math.min(NOTICES_AT_ONCE, this.#allowance + earned);
    this.#allowedAt += earned * NOTICE_EVERY_MS;
    if (condition === this.#told || this.#allowance === 0) return undefined;
    this.#allowance--;
    this.#told = condition;
    switch (condition) {
      case 'failing':
        return `Errors have occurred since ${time(this.#failingSince)}; the service is still running.`;
      case 'busy':
        return `The service has been busy since ${time(this.#busySince)}.`;
      case 'fine':
        return `Running without errors since ${time(now)}.`;
    }
  }

  /** Records that the last notice was not delivered. */
  lost(): void {
    this.#told = this.#told === 'fine' ? 'failing' : 'fine';
  }

  #condition(now: number): Condition {
    if (this.#failingSince !== undefined) return 'failing';
    if (this.#busySince !== undefined && now - this.#busySince > LONG_BUSY_MS) return 'busy';
    return 'fine';
  }
}

function time(at: number | undefined): string {
  return new Date(at ?? 0).toISOString().replace(/\.\d+Z$/, 'Z');
}
