/** A limited number of slots for concurrent work. */
export class Slots {
  readonly #size: number;
  readonly #running = new Set<Promise<void>>();
  #freed = (): void => undefined;

  constructor(size: number) {
    this.#size = size;
  }

  get free(): number {
    return this.#size - this.#running.size;
  }

  /** Starts work, which must not reject. */
  start(work: () => Promise<void>): void {
    const running = work().finally(() => {
      this.#running.delete(running);
      this.#freed();
    });
    this.#running.add(running);
  }

  /** Resolves when a slot is free, or when `signal` aborts. Only one caller may wait at a time. */
  whenFreed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done);
        this.#freed = () => undefined;
        resolve();
      };
      this.#freed = done;
      signal.addEventListener('abort', done, { once: true });
      if (signal.aborted) done();
    });
  }

  /** Waits for all running work, at most `ms`. Returns whether all of it has ended. */
  async drained(ms: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const timeUp = new Promise<boolean>((resolve) => {
      timer = setTimeout(resolve, ms, false);
    });
    const ended = Promise.all(this.#running).then(() => true);
    const result = await Promise.race([ended, timeUp]);
    clearTimeout(timer);
    return result;
  }
}
