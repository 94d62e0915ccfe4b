import { z } from 'zod';
import type { JobType } from '../contracts/signatures.ts';
import { bulkQueryNames, bulkTaskNames, sku } from '../contracts/bulk.ts';
import { anyText, line, text } from '../packages/durable-jobs/src/values/text.ts';
import { workKindNames, workKinds } from '../contracts/work-items.ts';
import { durationMs } from '../packages/durable-jobs/src/values/duration.ts';
import { emailAddress } from '../packages/durable-jobs/src/values/email-address.ts';
import { paymentMethod } from '../domain/orders/order-body.ts';
import { checkedInput, schedulableTypes } from '../packages/durable-jobs/src/schedules/definition.ts';
import { instant } from '../packages/durable-jobs/src/http/instant.ts';
import { pageQuery } from '../packages/durable-jobs/src/http/paging.ts';

/** NIST SP 800-63B asks for 8 characters at least; the maximum keeps hashing cheap. */
const password = anyText(256).min(8, 'must have at least 8 characters');

/** Body of `POST /api/auth/register`. */
export const registerBody = z.strictObject({
  email: emailAddress,
  name: line(200),
  password,
});

/** Body of `POST /api/auth/forgot-password`. */
export const forgotPasswordBody = z.strictObject({ email: emailAddress });

/** Body of `POST /api/auth/reset-password`. */
export const resetPasswordBody = z.strictObject({ token: text(200), newPassword: password });

/** Body of `PUT /api/orders/:id/payment-method`. */
export const changePaymentMethodBody = z.strictObject({ paymentMethod });

/** Body of `PUT /api/stock/:sku`, in pieces. */
export const stockLevelBody = z.strictObject({ available: z.number().int().min(0).max(1_000_000_000) });

/** Query of `POST /api/bulk-jobs`; with `query`, the items are what that finds, and the body is empty. */
export const createBulkJobQuery = z.strictObject({
  task: z.enum(bulkTaskNames),
  query: z.enum(bulkQueryNames).optional(),
});

/** Query of `GET /api/bulk-jobs/:id`: a page of the items that failed. */
export const failedItemsQuery = pageQuery.extend({
  cursor: pageQuery.shape.cursor
    .transform((text) => (text === undefined || /^\d{1,10}$/.test(text) ? text && Number(text) : NaN))
    .pipe(z.int32({ error: 'must be a `nextCursor` of this list' }).min(0).optional()),
});

/** Body of `POST /api/dead-letters/:id/discard`. */
export const discardBody = z.strictObject({ reason: text(500) });

/** Path of a resource whose id is a UUID. */
export const idParams = z.object({ id: z.uuid({ error: 'must be a UUID' }) });

/** Path of a resource whose id is a SKU. */
export const skuParams = z.object({ sku });

/** Path of a job. */
export const jobIdParams = z.object({
  id: z
    .string()
    .regex(/^[a-z][a-z0-9-]*:[\w.:-]{1,200}$/, 'must be a job id such as process-order:<order id>'),
});

/** Query of what one run of a job is shown by; without `runId` it is the newest one. */
export const jobRunQuery = z.strictObject({
  runId: z
    .uuid({ error: 'must be a UUID' })
    .optional()
    .meta({ description: 'Of one of its runs; without it, the newest.' }),
});

const DAY_MS = 86_400_000;

/** How far ahead a job may be started. */
const LONGEST_DELAY_MS = 366 * DAY_MS;
/** A start that comes late, from a caller's own outbox say, is still meant; an older one is a mistake. */
const LATEST_START_MS = DAY_MS;

/** The fields of {@link startJobBody}, before the input is held against its job type. */
export const startJobFields = z.strictObject({
  type: z.enum(schedulableTypes as [JobType, ...JobType[]]),
  input: z.record(z.string(), z.unknown()).default({}),
  delay: durationMs.pipe(z.number().max(LONGEST_DELAY_MS, 'must be 366d or less')).optional(),
  startAt: instant
    .refine((at) => at.getTime() >= Date.now() - LATEST_START_MS, 'must not be more than a day ago')
    .refine((at) => at.getTime() <= Date.now() + LONGEST_DELAY_MS, 'must be in the next 366 days')
    .optional(),
  dedupeKey: z
    .string()
    .regex(/^[\w.-]{1,100}$/, 'must be 1 to 100 letters, digits, dots, dashes or underscores')
    .optional()
    .meta({ description: "Takes the place of the business key in the job's id." }),
});

/** Body of `POST /api/jobs`; without `delay` and `startAt` the job starts at once. */
export const startJobBody = startJobFields
  .refine((body) => body.delay === undefined || body.startAt === undefined, {
    path: ['startAt'],
    message: 'give delay or startAt, not both',
  })
  .transform((body, context) => ({ ...body, input: checkedInput(body.type, body.input, context) }));

const ofEachKind = workKindNames.map((kind) =>
  z
    .strictObject({
      kind: z.literal(kind),
      payload: workKinds[kind].payload,
      dedupeKey: line(200).optional(),
      notBefore: instant
        .refine((at) => at.getTime() <= Date.now() + LONGEST_DELAY_MS, 'must be in the next 366 days')
        .optional(),
    })
    .meta({ id: `EnqueueWork_${kind}`, title: kind, description: workKinds[kind].description }),
);
type OfEachKind = (typeof ofEachKind)[number];

/** Body of `POST /api/work-items`; without `notBefore` the item is due at once. */
export const createWorkItemBody = z.discriminatedUnion('kind', ofEachKind as [OfEachKind, ...OfEachKind[]], {
  error: `must be ${workKindNames.join(' or ')}`,
});

/** Body of `POST /api/work-items/requeue`. */
export const requeueWorkItemsBody = z.strictObject({ kind: z.enum(workKindNames) });

/** As in the IETF draft on the Idempotency-Key header, any visible ASCII characters. */
export const idempotencyKeyHeader = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 visible ASCII characters');
