import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { LOCAL_API_KEY } from '../../../packages/durable-jobs/src/config/config.ts';
import { errorMessage } from '../../../packages/durable-jobs/src/process/errors.ts';
import { nothingAccepted, type Accepted } from './accepted.ts';
import { runFaults, type FeltFault } from './faults/run-faults.ts';
import { createPersistentClient } from './load/client.ts';
import { register } from './load/registration.ts';
import { runLoad } from './load/run-load.ts';
import type { Plan } from './plan.ts';
import { recover, type RecoverOptions } from './recover.ts';
import { retryWaiting } from './retry-waiting.ts';
import type { MatrixStack } from './stack.ts';

/** The outcome of a round. */
export interface RoundResult {
  plan: Plan;
  accepted: Accepted;
  /** The faults that were felt, in the order of their ends. */
  faults: readonly FeltFault[];
  /** What callers were told, before they sent the same again. */
  refusals: ReadonlyMap<string, number>;
  /** From the end of the last fault until everything was final. */
  recoveryMs: number;
  violations: readonly string[];
}

/** How a round waits. `limitMs` is the time that the whole of it may take; by default, each of its stages has a limit of its own. */
export interface RoundOptions extends Pick<RecoverOptions, 'waiting'> {
  limitMs?: number;
}

/** How long accepting what was sent may take after the last fault, and how long the rest of a round may take. */
const ACCEPT_MS = 180_000;
const RECOVER_MS = 600_000;

/** Between two looks at what waits. */
const LOOK_MS = 1_000;

/** Runs a round on a stack whose parts all work: load and faults, then the recovery. */
export async function runRound(
  stack: MatrixStack,
  plan: Plan,
  { limitMs = Infinity, ...options }: RoundOptions = {},
): Promise<RoundResult> {
  const deadline = performance.now() + limitMs;
  const within = (ms: number): number => Math.max(0, Math.min(ms, deadline - performance.now()));
  const since = new Date();
  const accepted = nothingAccepted();
  const client = createPersistentClient({ url: () => stack.url, apiKey: LOCAL_API_KEY });
  const database = new pg.Pool({ connectionString: stack.databaseUrl, max: 4 });
  database.on('error', () => undefined);
  const run = randomUUID().slice(0, 8);
  let names = 0;
  const name = (prefix: string): string => `${prefix}-${plan.seed}-${run}-${names++}`;
  const faults: FeltFault[] = [];
  const problems: string[] = [];
  const noting = (what: string, work: Promise<unknown>): Promise<unknown> =>
    work.catch((error: unknown) => problems.push(`${what}: ${errorMessage(error)}`));
  try {
    const customer = await register({ client, name });
    accepted.registrations.push(customer);
    const context = { client, database, accepted, name, customerId: customer.userId };
    const load = noting('the load failed', runLoad(context, plan.load));
    await noting(
      'a fault could not be ended',
      runFaults(stack, plan.faults, (fault) => faults.push(fault)),
    );
    problems.push(...(await startEnded(stack)));
    const ended = performance.now();
    const acceptMs = plan.seconds * 1_000 + ACCEPT_MS;
    if (!(await isAccepted(stack, load, within(acceptMs))))
      problems.push('not everything was accepted after the last fault');
    const round = { accepted, since, faults };
    const { violations, recoveredAt } = await recover(stack, round, {
      patienceMs: within(RECOVER_MS),
      ...options,
    });
    return {
      plan,
      accepted,
      faults,
      refusals: client.refusals,
      recoveryMs: recoveredAt - ended,
      violations: [...problems, ...violations],
    };
  } finally {
    await database.end();
  }
}

/** Waits until a load has ended, for `patienceMs` at most: some of its requests wait for jobs. Returns whether it has ended. */
async function isAccepted(stack: MatrixStack, load: Promise<unknown>, patienceMs: number): Promise<boolean> {
  const ended = new AbortController();
  void load.then(() => ended.abort());
  const deadline = performance.now() + patienceMs;
  while (!ended.signal.aborted && performance.now() < deadline) {
    await retryWaiting(stack).catch(() => undefined);
    await Promise.race([load, delay(LOOK_MS)]);
  }
  return ended.signal.aborted;
}

/** Starts the processes that ended without a fault, as a supervisor does, and names them. */
async function startEnded({ processes }: MatrixStack): Promise<string[]> {
  const ended = Object.entries(processes).filter(([, one]) => !one.isAlive());
  await Promise.all(ended.map(([, one]) => one.start()));
  return ended.map(([name]) => `${name} ended by itself`);
}
