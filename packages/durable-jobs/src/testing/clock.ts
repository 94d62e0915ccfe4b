import { durationMs } from '../values/duration.ts';

/** A clock that stands still until a test moves it. */
export interface TestClock {
  /** Returns its time; bound, so that it can be passed as a function. */
  now: () => Date;
  /**
   * Moves the clock forward by a duration such as `90s` or `7d`, and returns its new time.
   * @throws {ZodError} if the text is no duration.
   */
  advance: (duration: string) => Date;
  /** Sets the clock to a time, also to one in its past. */
  set: (at: Date) => void;
}

/**
 * Creates a clock for code that receives the time as an argument, such as a job or a memory mailer. It begins at the present by default.
 */
export function createTestClock(at: Date = new Date()): TestClock {
  let ms = at.getTime();
  return {
    now: () => new Date(ms),
    advance(duration) {
      ms += durationMs.parse(duration);
      return new Date(ms);
    },
    set(to) {
      ms = to.getTime();
    },
  };
}
