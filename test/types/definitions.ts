// Compiled, never run: `npm run typecheck` fails if the types of definitions do not match their schemas and functions.
import { defineSchedule, type DurableJobs, type InputOf, type ResultOf } from 'durable-jobs';
import { countLetters, greet } from '../support/small-application/jobs.ts';

type Is<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
type Holds<T extends true> = T;

/** Callers may omit a field with a default, and the function receives it nevertheless. */
export type CallersGive = Holds<Is<InputOf<typeof greet>, { name: string; word?: string | undefined }>>;
export type FunctionsGet = Holds<Is<Parameters<typeof greet.run>[0], { name: string; word: string }>>;

/** A result has the type that the function returns, or that of its schema. */
export type OfFunction = Holds<Is<ResultOf<typeof greet>, { text: string }>>;
export type OfWorkflow = Holds<Is<ResultOf<typeof countLetters>, { letters: number }>>;

/** Inputs are checked wherever a job is started. */
export async function startsAreChecked(jobs: DurableJobs): Promise<void> {
  await jobs.start(greet, { name: 'Ada' });
  await jobs.start(greet, { name: 'Ada', word: 'Welcome' });
  // @ts-expect-error -- a name is required
  await jobs.start(greet, {});
  // @ts-expect-error -- there is no such field
  await jobs.enqueue(() => Promise.resolve(), greet, { name: 'Ada', tone: 'kind' });
  // @ts-expect-error -- words are a list
  defineSchedule({ id: 'count', job: countLetters, input: { words: 'durable' }, every: '1h' });
}
