import { causesOf } from '../../process/errors.ts';
import { JobKeyError } from '../job-key.ts';
import { JobLimitError } from '../limits/limits-of.ts';
import { JobFairnessError } from '../urgency.ts';

/** Why a start can't be made, for programs. A released code is never renamed. */
export const refusalCodes = [
  'unknown_job_type',
  'invalid_input',
  'invalid_key',
  'invalid_fairness',
  'invalid_limit',
  'invalid_after',
  'refused_by_engine',
] as const;

/** See {@link refusalCodes}. */
export type RefusalCode = (typeof refusalCodes)[number];

/** A start that can't be made as it is, whenever it is tried. */
export class StartRefusedError extends Error {
  override readonly name = 'StartRefusedError';
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** gRPC's status INVALID_ARGUMENT (grpc.github.io/grpc/core/md_doc_statuscodes.html): not this, whenever it is tried. */
const INVALID_ARGUMENT = 3;

/** The names of errors with which the SDK refuses a value before it calls the engine. */
const sdkRefusals: ReadonlySet<string> = new Set(['ValueError', 'PayloadConverterError']);

/** Returns the permanent refusal of a start, or undefined if a retry may succeed. */
export function refusalOf(error: unknown): StartRefusedError | undefined {
  if (error instanceof StartRefusedError) return error;
  if (error instanceof JobKeyError) return new StartRefusedError('invalid_key', error.message);
  if (error instanceof JobFairnessError) return new StartRefusedError('invalid_fairness', error.message);
  if (error instanceof JobLimitError) return new StartRefusedError('invalid_limit', error.message);
  for (const current of causesOf(error)) {
    if ((current as { code?: unknown }).code === INVALID_ARGUMENT || sdkRefusals.has(current.name))
      return new StartRefusedError('refused_by_engine', current.message);
  }
  return undefined;
}

/** The refusal of a type that the process does not know. */
export function unknownType(type: string): StartRefusedError {
  return new StartRefusedError('unknown_job_type', `the job type ${type} does not exist`);
}
