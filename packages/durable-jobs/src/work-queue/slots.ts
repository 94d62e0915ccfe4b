/** A limited number of slots for concurrent work, and work that waits for them. */
export class Slots<Work extends { run: () => Promise<void> }> {
  readonly #size: number;
  readonly #running = new Set<Promise<void>>();
  #waiting: Work[] = [];
  #freed = (): void => undefined;

  constructor(size: number) {
    this.#size = size;
  }

  /** The number of works that run or wait. */
  get taken(): number {
    return this.#running.size + this.#waiting.length;
  }

  /** The number of works that would start immediately. */
  get free(): number {
    return Math.max(0, this.#size - this.taken);
  }

  /** Starts work when slots are free, in its order. `run` must not reject. */
  add(...works: readonly Work[]): void {
    this.#waiting.push(...works);
    this.#begin();
  }

  /** Removes and returns the first waiting works that meet a condition, at most `most`. */
  take(most: number, condition: (work: Work) => boolean): Work[] {
    const taken = this.#waiting.filter(condition).slice(0, most);
    return this.remove((work) => taken.includes(work));
  }

  /** Removes and returns the waiting work that meets a condition, or all waiting work. */
  remove(condition: (work: Work) => boolean = () => true): Work[] {
    const removed = this.#waiting.filter(condition);
    this.#waiting = this.#waiting.filter((work) => !removed.includes(work));
    return removed;
  }

  /** Resolves when the next work ends, or when `signal` aborts. Only one caller may wait at a time. */
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

  #begin(): void {
    while (this.#running.size < this.#size) {
      const work = this.#waiting.shift();
      if (!work) return;
      const running = work.run().finally(() => {
        this.#running.delete(running);
        this.#begin();
        this.#freed();
      });
      this.#running.add(running);
    }
  }
}
