/** Workflows that throw, or return, what cannot be stored as it is. */
import {
  ApplicationFailure,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  proxyActivities,
  setHandler,
} from '@temporalio/workflow';

const { work } = proxyActivities<{ work: () => Promise<void> }>({
  startToCloseTimeout: '10 seconds',
  retry: { maximumAttempts: 2, initialInterval: '1 second' },
});

const ownCause = new Error('its own cause');
ownCause.cause = ownCause;

class CardDeclined extends Error {
  override name = 'CardDeclined';
}

function value(what: string): unknown {
  switch (what) {
    case 'a function':
      return () => 1;
    case 'a BigInt':
      return { amount: 1n };
    case 'bytes':
      return new Uint8Array([1]);
    default:
      return undefined;
  }
}

function fail(what: string): void {
  switch (what) {
    case 'an error':
      throw new CardDeclined('the card was declined', { cause: new Error('no money') });
    case 'megabytes':
      throw new Error('x'.repeat(6_000_000));
    case 'half a pair':
      throw new Error('nul \0 and half \ud800', { cause: '\ud800' });
    case 'its own cause':
      throw ownCause;
    case 'a string':
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- what users do
      throw 'declined';
    case 'undefined':
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- what users do
      throw undefined;
    case 'an object':
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- what users do
      throw { code: 7 };
    case 'details that are not JSON':
      throw ApplicationFailure.nonRetryable('declined', 'CardDeclined', 1n);
    case 'a bug':
      throw new TypeError('half \ud800');
  }
}

/** Throws or returns at once. */
export async function throwing({ what }: { what: string }): Promise<unknown> {
  await Promise.resolve();
  fail(what);
  return value(what);
}

export const throwSignal = defineSignal<[string]>('throw');
export const throwUpdate = defineUpdate<unknown, [string]>('throw');
export const validateUpdate = defineUpdate<unknown, [string]>('validate');
export const throwQuery = defineQuery<unknown, [string]>('throw');

/** Waits for messages, whose handlers throw. */
export async function handling(): Promise<void> {
  let isOver = false;
  setHandler(throwSignal, (what) => {
    if (what === 'end') isOver = true;
    fail(what);
  });
  setHandler(throwUpdate, (what) => {
    fail(what);
    return value(what);
  });
  setHandler(validateUpdate, () => 1, { validator: fail });
  setHandler(throwQuery, (what) => {
    fail(what);
    return value(what);
  });
  await condition(() => isOver);
}

/** Fails with what its activity fails with. */
export const calling = (): Promise<void> => work();
