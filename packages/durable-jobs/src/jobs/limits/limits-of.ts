import { errorMessage } from '../../process/errors.ts';
import { durationMs } from '../../values/duration.ts';
import { bytesOf } from '../../values/shortened.ts';
import { lineFault } from '../../values/text.ts';
import { DerivationError } from '../derivation-error.ts';
import type { JobDefinition } from '../job-definition.ts';
import type { JobRegistry } from '../registry.ts';
import type { Keep } from './declared.ts';

/** What limits the starts of a job, in the order in which a start meets them. */
export const limitKinds = ['concurrency', 'throttle'] as const;

/** See {@link limitKinds}. */
export type LimitKind = (typeof limitKinds)[number];

/** A limit that a start has to meet. */
export interface Limit {
  /** Names it in rows: `concurrency:exportInvoices:tenant-17`. */
  limitKey: string;
  /** How many slots it has. */
  most: number;
  /** For how long a start holds its slot, in milliseconds; until its run has ended if this is absent. */
  forMs?: number;
  /** Which start it keeps, if it keeps one. */
  keep?: Keep;
}

/** Thrown if a job's definition derives an invalid key of a limit from the input. Nothing was written. */
export class JobLimitError extends DerivationError {
  override readonly name = 'JobLimitError';

  constructor(jobType: string, fault: string, options?: ErrorOptions) {
    super('limit', jobType, fault, options);
  }
}

/** Length of a key in bytes: it is part of an index. */
const MAX_KEY_BYTES = 200;

/** Whether a job has limits. */
export function isLimited(job: JobDefinition): boolean {
  return limitKinds.some((kind) => job[kind] !== undefined);
}

/**
 * Returns the limits that a start has to meet.
 * @throws {JobLimitError} if a key cannot be derived from the input, or is not valid.
 */
export function limitsOf<Input extends object>(
  job: JobDefinition<string, Input>,
  input: NoInfer<Input>,
): Limit[] {
  return limitKinds.flatMap((kind) => {
    const declared = job[kind];
    const capacity = capacityOf(job, kind);
    if (!declared || !capacity) return [];
    const key = declared.key ? flowKey(job.type, kind, () => declared.key?.(input)) : '';
    return [{ limitKey: `${kind}:${job.type}:${key}`, ...capacity }];
  });
}

/**
 * Returns how many slots the limit of a key has, and for how long they are held; undefined if the application does not know the job, and
 * `unlimited` if its definition no longer has the limit.
 */
export function capacityOfKey(
  jobs: JobRegistry,
  limitKey: string,
): Omit<Limit, 'limitKey'> | 'unlimited' | undefined {
  const { kind, jobType } = partsOf(limitKey);
  const job = jobs.find(jobType);
  return job && (capacityOf(job, kind) ?? 'unlimited');
}

/** Returns the parts of a limit's key. The key of the definition is empty if it has none. */
export function partsOf(limitKey: string): { kind: LimitKind; jobType: string; key: string } {
  const [kind = '', jobType = '', ...rest] = limitKey.split(':');
  return { kind: limitKinds.find((one) => one === kind) ?? 'concurrency', jobType, key: rest.join(':') };
}

function capacityOf(
  { concurrency, throttle }: Pick<JobDefinition, LimitKind>,
  kind: LimitKind,
): Omit<Limit, 'limitKey'> | undefined {
  if (kind === 'concurrency') {
    if (!concurrency) return undefined;
    const { limit, keep } = concurrency;
    return { most: limit, ...(keep && { keep }) };
  }
  return throttle && { most: throttle.limit, forMs: durationMs.parse(throttle.period) };
}

/**
 * Returns the key that an option of a definition derives from the input.
 * @throws {JobLimitError} if it cannot be derived, or is not valid.
 */
export function flowKey(jobType: string, kind: LimitKind | 'debounce', derive: () => unknown): string {
  let key: unknown;
  try {
    key = derive();
  } catch (cause) {
    throw new JobLimitError(jobType, `${kind}.key cannot be derived from the input: ${errorMessage(cause)}`, {
      cause,
    });
  }
  if (typeof key !== 'string') throw new JobLimitError(jobType, `${kind}.key must be a text`);
  const fault = keyFault(key);
  if (fault !== undefined) throw new JobLimitError(jobType, `${kind}.key ${fault}`);
  return key;
}

function keyFault(key: string): string | undefined {
  if (key === '') return 'must not be empty';
  if (bytesOf(key) > MAX_KEY_BYTES) return `must have at most ${MAX_KEY_BYTES} bytes`;
  return lineFault(key);
}
