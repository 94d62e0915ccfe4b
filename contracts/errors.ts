/**
 * `type` of every ApplicationFailure that our code throws. They are stored in histories, so a released one is
 * never renamed.
 */
export const failureTypes = {
  paymentProviderUnavailable: 'PaymentProviderUnavailable',
  paymentRateLimited: 'PaymentRateLimited',
  paymentRejected: 'PaymentRejected',
  paymentFailed: 'PaymentFailed',
  databaseUnavailable: 'DatabaseUnavailable',
  outOfStock: 'OutOfStock',
  orderNotFound: 'OrderNotFound',
  orderAlreadyPaid: 'OrderAlreadyPaid',
  orderClosed: 'OrderClosed',
  orderNotAwaitingPaymentMethod: 'OrderNotAwaitingPaymentMethod',
  userNotFound: 'UserNotFound',
  payloadKeyMissing: 'PayloadKeyMissing',
  payloadRefused: 'PayloadRefused',
  subjectErased: 'SubjectErased',
  bulkJobNotFound: 'BulkJobNotFound',
  bulkTaskUnknown: 'BulkTaskUnknown',
  mailRejected: 'MailRejected',
  mailUnavailable: 'MailUnavailable',
  reportDayNotOver: 'ReportDayNotOver',
  reportNotFound: 'ReportNotFound',
  serviceEnded: 'ServiceEnded',
  serviceElsewhere: 'ServiceElsewhere',
} as const;

/** The `type` of an ApplicationFailure of ours. */
export type FailureType = (typeof failureTypes)[keyof typeof failureTypes];

/** `code` of every problem+json answer: what a program may rely on. A released code is never renamed. */
export const problemCodes = {
  validationFailed: { status: 400, title: 'The request is not valid' },
  invalidJson: { status: 400, title: 'The body is not valid JSON' },
  invalidToken: { status: 400, title: 'The token is not valid' },
  tokenExpired: { status: 400, title: 'The token has expired' },
  tokenUsed: { status: 400, title: 'The token has been used' },
  unauthorized: { status: 401, title: 'An API key is required' },
  forbidden: { status: 403, title: 'The key does not allow that' },
  crossOriginRequest: { status: 403, title: 'The request comes from another site' },
  notFound: { status: 404, title: 'There is no such resource' },
  methodNotAllowed: { status: 405, title: 'The resource does not take this method' },
  notAcceptable: { status: 406, title: 'None of the accepted media types is available' },
  uploadStalled: { status: 408, title: 'The request body stalled' },
  emailTaken: { status: 409, title: 'The email address is already registered' },
  orderAlreadyPaid: { status: 409, title: 'The order is already paid' },
  orderClosed: { status: 409, title: 'The order is closed' },
  orderNotAwaitingPaymentMethod: { status: 409, title: 'The order does not wait for a payment method' },
  tooManyPaymentMethods: { status: 409, title: 'The order has had too many payment methods' },
  scheduleTaken: { status: 409, title: 'There is a schedule with that id' },
  scheduleDeclared: { status: 409, title: 'The schedule is declared in code' },
  scheduleNotTriggered: { status: 409, title: 'The schedule did not start a run' },
  emailNotDead: { status: 409, title: 'Only a dead email can be tried again' },
  emailOfJob: { status: 409, title: 'The email belongs to a job' },
  jobNotCancellable: { status: 409, title: 'The job cannot be cancelled' },
  jobNotTerminable: { status: 409, title: 'The job cannot be terminated' },
  jobNotRetryable: { status: 409, title: 'The job cannot be retried' },
  jobNotPausable: { status: 409, title: 'The job cannot be paused' },
  jobNotPaused: { status: 409, title: 'The job is not paused' },
  jobNotReschedulable: { status: 409, title: 'The job cannot be rescheduled' },
  jobClosed: { status: 409, title: 'The job has already ended' },
  workItemNotDead: { status: 409, title: 'Only a dead work item can be requeued' },
  workItemNotDeletable: { status: 409, title: 'The work item is being worked on, or is completed' },
  deadLetterClosed: { status: 409, title: 'The dead letter is already resolved' },
  payloadTooLarge: { status: 413, title: 'The body is too large' },
  unsupportedMediaType: { status: 415, title: 'The body must be application/json' },
  misdirectedRequest: { status: 421, title: 'The request is for another host' },
  unknownUser: { status: 422, title: 'There is no such user' },
  dedupeKeyReused: { status: 422, title: 'The dedupe key was used for another payload' },
  idempotencyKeyReused: { status: 422, title: 'The idempotency key was used for another request' },
  headersTooLarge: { status: 431, title: 'The request line or the headers are too large' },
  tooManyRequests: { status: 429, title: 'Too many requests' },
  internalError: { status: 500, title: 'Something went wrong' },
  engineUnavailable: { status: 503, title: 'The job engine cannot be reached' },
  databaseUnavailable: { status: 503, title: 'The database cannot be reached' },
} as const satisfies Record<string, { status: number; title: string }>;

/** A key of {@link problemCodes}; on the wire it is written in snake_case. */
export type ProblemCode = keyof typeof problemCodes;

/** A code as it is written on the wire: `notFound` → `not_found`. */
export function wireCode(code: ProblemCode): string {
  return code.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
