import { createRandom, type Random } from './random.ts';

/** The kinds of work that a round accepts. */
export const loadKinds = [
  'registration',
  'passwordReset',
  'paidOrder',
  'declinedOrder',
  'newCardOrder',
  'cancelledOrder',
  'refundedOrder',
  'message',
  'workItem',
  'email',
  'bulkJob',
  'trigger',
  'erasure',
] as const;
export type LoadKind = (typeof loadKinds)[number];

/** What can be done to which parts. */
export const faultTargets = {
  /** `kill -9`; the process is started again at the end. */
  kill: ['api', 'worker 1', 'worker 2', 'engine', 'database', 'broker', 'mail server', 'payment provider'],
  /** SIGSTOP, then SIGCONT. */
  freeze: ['api', 'worker 1', 'worker 2', 'engine', 'database', 'broker', 'mail server', 'payment provider'],
  /** Connections are refused. */
  refuse: ['engine', 'database', 'mail server', 'payment provider', 'broker'],
  /** Connections exist, and nothing arrives. */
  silence: ['engine', 'database', 'mail server', 'payment provider', 'broker'],
  /** Connections end again and again, in the middle of what they carry. */
  cut: ['api', 'engine', 'database', 'mail server', 'payment provider', 'broker'],
  /** Everything arrives 40 to 100 ms later. */
  slow: ['engine', 'database'],
  /** The provider responds with 503, or drops connections before or after it has executed the call. */
  'answer 503': ['payment provider'],
  'drop before': ['payment provider'],
  'drop after': ['payment provider'],
  /** The mail server puts every recipient off. */
  defer: ['mail server'],
  /** The worker that runs a singleton service is frozen until another one has taken the service over, and then continues. */
  'freeze owner': ['outbox-relay', 'pending-emails', 'continuations', 'message-publisher'],
  /** The disk of the database is full. */
  'fill disk': ['database'],
} as const;
export type FaultKind = keyof typeof faultTargets;
export type FaultTarget = (typeof faultTargets)[FaultKind][number];

/** A fault of a plan. Times are milliseconds since the beginning of the load. */
export interface Fault {
  kind: FaultKind;
  target: FaultTarget;
  atMs: number;
  /** How long it lasts: a killed process is started again after this time. */
  forMs: number;
}

/** A request of a plan, at its time since the beginning of the load. */
export interface LoadStep {
  kind: LoadKind;
  atMs: number;
  /** Decides the details of the request. */
  variant: number;
}

/** Everything that a round does, which its seed and its length determine. */
export interface Plan {
  seed: number;
  /** The time within which faults and requests begin. */
  seconds: number;
  faults: readonly Fault[];
  load: readonly LoadStep[];
}

/** Requests of each kind in 15 seconds. Bulk jobs are large, and each starts many steps. */
const PER_QUARTER: Record<LoadKind, number> = {
  registration: 6,
  passwordReset: 3,
  paidOrder: 5,
  declinedOrder: 1,
  newCardOrder: 1,
  cancelledOrder: 3,
  refundedOrder: 1,
  message: 4,
  workItem: 20,
  email: 5,
  bulkJob: 1,
  trigger: 1,
  erasure: 2,
};
const QUARTER_S = 15;

/** The shortest time that a fault lasts. */
const SHORTEST_MS = 1_000;

/** Between two faults of one target, so that each begins with a part that works. */
const REST_MS = 2_000;

/** The part of a round within which a fault may begin: there is work before the first one, and the last one meets work too. */
const [FIRST_SHARE, LAST_SHARE] = [0.1, 0.9];

/**
 * Returns the plan of a seed. Faults of different parts may overlap. `faults` is their number; `without` names faults and targets that
 * this machine does not have.
 */
export function makePlan(
  seed: number,
  { seconds, faults: count, without = [] }: { seconds: number; faults: number; without?: readonly string[] },
): Plan {
  const random = createRandom(seed);
  const windowMs = seconds * 1_000;
  return {
    seed,
    seconds,
    faults: makeFaults(random, windowMs, count, without),
    load: makeLoad(random, windowMs),
  };
}

function makeFaults(random: Random, windowMs: number, count: number, without: readonly string[]): Fault[] {
  const choices = Object.entries(faultTargets).flatMap(([kind, targets]) =>
    targets.map((target) => ({ kind: kind as FaultKind, target })),
  );
  // In a short round, most of a fault is met by requests.
  const longestMs = Math.min(60_000, windowMs);
  const faults: Fault[] = [];
  for (let tries = 0; faults.length < count && tries < 100 * count; tries++) {
    const { kind, target } = random.pick(choices);
    const atMs = random.int(windowMs * FIRST_SHARE, windowMs * LAST_SHARE);
    const forMs = random.int(SHORTEST_MS, longestMs);
    // Chosen before it is left out: the same seed gives the other faults the same times on every machine.
    if (without.includes(target) || without.includes(kind)) continue;
    const meets = faults.some(
      (other) =>
        other.target === target &&
        atMs < other.atMs + other.forMs + REST_MS &&
        other.atMs < atMs + forMs + REST_MS,
    );
    if (!meets) faults.push({ kind, target, atMs, forMs });
  }
  return faults.toSorted((a, b) => a.atMs - b.atMs);
}

function makeLoad(random: Random, windowMs: number): LoadStep[] {
  const quarters = windowMs / 1_000 / QUARTER_S;
  return loadKinds
    .flatMap((kind) =>
      Array.from({ length: Math.max(1, Math.round(PER_QUARTER[kind] * quarters)) }, () => ({
        kind,
        atMs: random.int(0, windowMs),
        variant: random.int(0, 1_000_000),
      })),
    )
    .toSorted((a, b) => a.atMs - b.atMs);
}

/** Describes a fault with its moment, for people. */
export function describeFault({ kind, target, atMs, forMs }: Fault): string {
  return `${kind} ${target} at ${(atMs / 1_000).toFixed(1)} s for ${(forMs / 1_000).toFixed(1)} s`;
}
