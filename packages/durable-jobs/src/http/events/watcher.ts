import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { withinTime } from '../../process/within-time.ts';

/** A look that takes longer is abandoned: the next one may be faster. */
const LOOK_TIMEOUT_MS = 10_000;

/** How something is watched. */
export interface Watching<T> {
  /** Looks at the thing, given what was seen before; returns undefined if it no longer exists. */
  look: (id: string, before: T | undefined) => Promise<T | undefined>;
  /** Whether it does not change any more without an action. */
  hasEnded: (seen: T) => boolean;
  /** Polling interval. */
  everyMs: number;
  /** Called when a look fails; the next one takes place nevertheless. */
  onError: (error: unknown, id: string) => void;
}

/** Lets any number of listeners follow things by their ids, with one look for all listeners of the same thing. */
export class Watcher<T> {
  readonly #watching: Watching<T>;
  readonly #watched = new Map<string, { updates: EventEmitter; listeners: number }>();

  constructor(watching: Watching<T>) {
    this.#watching = watching;
  }

  /** Calls `onUpdate` with the state of the thing after every look, until the returned function is called. */
  follow(id: string, onUpdate: (seen: T) => void): () => void {
    const watch = this.#watched.get(id) ?? { updates: new EventEmitter().setMaxListeners(0), listeners: 0 };
    watch.listeners++;
    watch.updates.on('seen', onUpdate);
    if (!this.#watched.has(id)) {
      this.#watched.set(id, watch);
      void this.#lookOn(id);
    }
    let following = true;
    return () => {
      if (!following) return;
      following = false;
      watch.updates.off('seen', onUpdate);
      watch.listeners--;
    };
  }

  async #lookOn(id: string): Promise<void> {
    const { look, hasEnded, everyMs, onError } = this.#watching;
    const watch = this.#watched.get(id);
    let seen: T | undefined;
    while (watch && watch.listeners > 0) {
      const before = seen;
      try {
        seen = await withinTime(LOOK_TIMEOUT_MS, () => look(id, before), late);
        if (seen) watch.updates.emit('seen', seen);
        if (seen && hasEnded(seen)) break;
      } catch (error) {
        onError(error, id);
      }
      await delay(everyMs);
    }
    this.#watched.delete(id);
  }
}

const late = (): Error => new Error('no response in time');
