import { bytesOf } from '../values/shortened.ts';
import { line, lineFault } from '../values/text.ts';
import { kebabCase } from './kebab-case.ts';

/** Maximum length of a job's key in characters. */
const MAX_KEY = 900;

/** Maximum length in bytes of UTF-8 of the id of a job that exists: the engine accepts no longer ones. */
const MAX_ID_BYTES = 1_000;

/**
 * Maximum length in characters of the id of a new job. An engine on PostgreSQL or MySQL stores no longer ones (`workflow_id VARCHAR(255)` in
 * schema/postgresql/v12/temporal/schema.sql of temporalio/temporal), and reports such a start as an outage rather than a refusal.
 */
const MAX_ID = 255;

const LIMITS = `${MAX_ID} characters or ${MAX_ID_BYTES} bytes`;

/** Names of job types: camelCase by convention. */
const typeName = /^[A-Za-z][\w.-]*$/;

/** Pattern of the part of an id before the colon: a type in kebab-case. `durable_jobs.enqueue` and request targets have the same one. */
export const ID_PREFIX = '-?[a-z][a-z0-9_.-]*';

/** @throws {TypeError} if a job type has a name that cannot be part of ids. */
export function checkTypeName(type: string): void {
  if (typeName.test(type)) return;
  throw new TypeError(
    `the job type ${JSON.stringify(type)} must be letters, digits, "_", "." and "-", and begin with a letter, such as sendInvoice`,
  );
}

/**
 * Returns what is wrong with the key of a job, or undefined. This rule holds for every key that becomes part of a job's id: that of a
 * definition and a caller's own, from code, REST or SQL.
 */
export function keyFault(key: unknown): string | undefined {
  if (typeof key !== 'string') return `must be text, not ${key === null ? 'null' : typeof key}`;
  if (key === '') return 'must not be empty';
  if (key.length > MAX_KEY) return `must have at most ${MAX_KEY} characters`;
  return lineFault(key);
}

/** The key of a job: one line, as an input or a caller's `dedupeKey` gives it. See {@link keyFault}. */
export const jobKey = line(MAX_KEY);

/** The id of a job: its type in kebab-case, a colon, and its key. Earlier releases accepted ids that are too long for a new job. */
export const jobIdText = line(MAX_ID_BYTES)
  .regex(new RegExp(`^${ID_PREFIX}:.{1,${MAX_KEY}}$`, 'u'), 'must be a job id such as send-invoice:<key>')
  .refine((id) => bytesOf(id) <= MAX_ID_BYTES, `must have at most ${MAX_ID_BYTES} bytes`);

/** Returns what is wrong with the id of a job, or undefined. */
export function idFault(id: unknown): string | undefined {
  if (typeof id !== 'string') return `must be a job id, not ${id === null ? 'null' : typeof id}`;
  return jobIdText.safeParse(id).error?.issues[0]?.message;
}

/** Thrown if a job has no valid key. Nothing was written. */
export class JobKeyError extends TypeError {
  override readonly name = 'JobKeyError';
  readonly jobType: string;
  /** Which key: the one that the definition derives from the input, or the caller's own. */
  readonly field: 'key' | 'dedupeKey';
  /** What is wrong with it, such as `must not be empty`. */
  readonly fault: string;

  constructor(jobType: string, field: 'key' | 'dedupeKey', fault: string, options?: ErrorOptions) {
    super(`The ${field} of the job ${jobType} ${fault}.`, options);
    this.jobType = jobType;
    this.field = field;
    this.fault = fault;
  }
}

/**
 * Returns the id of a job with a key.
 * @throws {JobKeyError} if the key is not valid, or the id would be too long.
 */
export function idOfKey(type: string, key: unknown, field: JobKeyError['field'] = 'key'): string {
  const fault = keyFault(key);
  if (fault !== undefined) throw new JobKeyError(type, field, fault);
  const id = `${kebabCase(type)}:${String(key)}`;
  if (isLong(id)) throw new JobKeyError(type, field, `must be shorter: the job's id would exceed ${LIMITS}`);
  return id;
}

/** Whether a key is valid for a job of a type: see {@link idOfKey}. */
export function isKeyOf(type: string, key: string): boolean {
  return keyFault(key) === undefined && !isLong(`${kebabCase(type)}:${key}`);
}

function isLong(id: string): boolean {
  // Code points, as PostgreSQL counts.
  return Array.from(id).length > MAX_ID || bytesOf(id) > MAX_ID_BYTES;
}
