import type { ServiceProgress } from './hosted-service.ts';

/** A failing service is taken for mended after so long without an error. */
const MENDED_MS = 60_000;

/** Work that takes longer than this is worth a word. */
const LONG_BUSY_MS = 60_000;

/** Each notice costs four events of a history: three at once are fine, and then one every five minutes. */
const NOTICES_AT_ONCE = 3;
const NOTICE_EVERY_MS = 300_000;

/** What a service is doing, as far as people should hear of it. */
type Condition = 'fine' | 'failing' | 'busy';

/**
 * Decides when the Web UI is told something of a service: when it begins to fail, when it is mended, when it is busy for
 * long. Never what an error says: notices are kept in a history, and errors may quote what is in rows.
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

  /** Takes note of what the service reported at `now`, in milliseconds since the epoch. */
  report({ error, busy, processed }: ServiceProgress, now: number): void {
    if (error !== undefined) {
      this.#failingSince ??= now;
      this.#failedAt = now;
    }
    if (busy === false) this.#busySince = undefined;
    else if (busy === true || (processed ?? 0) > 0) this.#busySince ??= now;
  }

  /** What to tell at `now`, or undefined if people know it, or were told enough for a while. */
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
        return `Something has failed since ${time(this.#failingSince)}; it goes on.`;
      case 'busy':
        return `Busy since ${time(this.#busySince)}.`;
      case 'fine':
        return `Running, without trouble since ${time(now)}.`;
    }
  }

  /** Says that the last notice did not arrive. */
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
