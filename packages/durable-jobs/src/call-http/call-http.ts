import { createHash } from 'node:crypto';
import { z } from 'zod';
import { defineJob, type FunctionJob } from '../jobs/run/define-job.ts';
import { failureTypes } from '../engine/failure-types.ts';
import { PermanentError, RetryAfterError } from '../jobs/run/errors.ts';
import { errorMessage } from '../process/errors.ts';
import { canonicalJson } from '../values/canonical-json.ts';
import { PrivateAddressError } from './public-address.ts';
import { sendRequest, type HttpAnswer } from './send-request.ts';
import { LONGEST_TIMEOUT_MS, type HttpTargets } from './target.ts';

/** Maximum size of a body in bytes. Store larger data in a row and send its id. */
const LARGEST_BODY = 65_536;

/** The body of the request. */
const body = z
  .json()
  .refine(
    (value) => Buffer.byteLength(JSON.stringify(value)) <= LARGEST_BODY,
    `must be ${LARGEST_BODY} bytes or less`,
  );

/** Relative to the target's path: it may neither name another host nor leave the target's path. */
const path = z
  .string()
  .max(2_000)
  .regex(/^(\/[\w.~!$&'()*+,;=:@%-]+)*\/?$/, 'must be a path such as /invoices/17/remind')
  .refine(
    (text) => !text.split('/').some((segment) => /^(\.|%2e){1,2}$/i.test(segment)),
    'must not have . or .. as a segment',
  );

/** Status codes after which a retry may succeed, in addition to every 5xx. */
const passing: ReadonlySet<number> = new Set([408, 425, 429]);

/** Characters of a response body that a failure message quotes. */
const SHOWN = 200;

/** The input with any target name. */
const call = z.strictObject({
  target: z.string(),
  path: path.default(''),
  method: z.enum(['POST', 'PUT', 'PATCH', 'DELETE']).default('POST'),
  body: body.default({}),
});

/** The input of the job that calls an HTTP endpoint. */
export type CallHttpInput = z.output<typeof call>;

type CallHttp = FunctionJob<'callHttp', CallHttpInput, z.input<typeof call>, HttpAnswer>;

/**
 * Defines the job that calls an HTTP endpoint of a configured target. The request is signed per Standard Webhooks, and its
 * `webhook-id` is the same for every attempt, so that the endpoint recognizes a repeat.
 */
export function defineCallHttp(targets: HttpTargets): CallHttp {
  const names = Object.keys(targets);
  const error = `must be a configured target: ${names.join(', ') || 'none is configured'}`;
  return callHttpTo(targets, call.extend({ target: z.enum(names, { error }) }));
}

/**
 * The job with which code enqueues a call. The application's own definition, which knows the configured targets, validates and runs it.
 *
 * @example
 * await durableJobs.enqueue(client, callHttp, { target: 'crm', path: '/invoices', body: { invoiceId } });
 */
export const callHttp: CallHttp = { ...callHttpTo({}, call), isCheckedLater: true };

function callHttpTo(targets: HttpTargets, input: z.ZodType<CallHttpInput, z.input<typeof call>>): CallHttp {
  return defineJob({
    type: 'callHttp',
    description: 'Calls an HTTP endpoint of a configured target, signed per Standard Webhooks.',
    input,
    // Equal calls run one after another. Other calls to the same target do not wait for a call that its endpoint refuses.
    key: ({ target, ...rest }) => `${target}:${digest(rest)}`,
    summary: ({ target, method, path: of }) => `${method} ${target}${of}`,
    // The schedule that the specification recommends: https://github.com/standard-webhooks/standard-webhooks
    retry: { delays: ['5s', '5m', '30m', '2h', '5h', '10h', '14h', '20h', '24h'] },
    timeout: `${LONGEST_TIMEOUT_MS + 30_000}ms`,
    async run({ target: name, ...request }, { effectKey, signal }) {
      const target = targets[name];
      if (!target) throw new Error(`this worker has no HTTP target named ${name}`);
      const answer = await sendRequest(target, { id: effectKey, ...request }, { signal }).catch(
        (error: unknown) => {
          throw asFailure(name, error);
        },
      );
      if (answer.status >= 200 && answer.status < 300) return answer;
      throw failureOf(name, answer);
    },
  });
}

/** Equal for equal calls, whatever the order of the fields in their bodies. */
function digest(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, 16);
}

/** The failure of a request without a response. */
function asFailure(target: string, error: unknown): Error {
  if (error instanceof PrivateAddressError) {
    return new PermanentError(error.message, { code: failureTypes.httpAddressRefused, cause: error });
  }
  return new Error(`${target} did not respond: ${errorMessage(error)}`, { cause: error });
}

function failureOf(target: string, { status, body: text, retryAfterMs }: HttpAnswer): Error {
  const message = `${target} returned ${status}${text === '' ? '' : `: ${text.slice(0, SHOWN)}`}`;
  if (status < 500 && !passing.has(status)) return new PermanentError(message, { code: `Http${status}` });
  return new RetryAfterError(message, retryAfterMs ?? 0, { code: `Http${status}` });
}
