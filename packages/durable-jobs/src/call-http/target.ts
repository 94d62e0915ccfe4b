import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import { durationMs } from '../values/duration.ts';

/** Allowed sizes of a signing key in bytes, per the Standard Webhooks specification. */
const SECRET_BYTES = { least: 24, most: 64 };

const secret = z
  .string()
  .refine((text) => {
    const bytes = Buffer.from(text.replace(/^whsec_/, ''), 'base64').length;
    return bytes >= SECRET_BYTES.least && bytes <= SECRET_BYTES.most;
  }, 'must be `whsec_` and 24 to 64 bytes in base64: generate one with `openssl rand -base64 32`')
  .transform((text) => new Webhook(text));

const url = z
  .url({ protocol: /^https?$/ })
  .transform((text) => new URL(text))
  .refine(({ username, password }) => username === '' && password === '', 'must not contain a user name')
  .refine(({ search, hash }) => search === '' && hash === '', 'must not have a query or a fragment');

/** The longest time-out of a target, in milliseconds. */
export const LONGEST_TIMEOUT_MS = 300_000;

/** The configuration of an endpoint that `callHttp` may call. */
const target = z.strictObject({
  /** The base URL, to which the path of a call is appended. */
  url,
  /** Signs each request; the endpoint verifies it. */
  secret,
  /** Time limit of one attempt, including the response body. */
  timeout: durationMs
    .refine((value) => value > 0 && value <= LONGEST_TIMEOUT_MS, 'must be more than 0 and at most 5m')
    .default(30_000),
  /** Allows requests to private networks and to this machine. */
  allowPrivateAddresses: z.boolean().default(false),
});

/** An endpoint that `callHttp` may call. */
export type HttpTarget = z.output<typeof target>;

/** The configuration of all endpoints, by name. */
export const httpTargets = z.record(
  z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and dashes'),
  target,
);

/** Endpoints by name. */
export type HttpTargets = z.output<typeof httpTargets>;
