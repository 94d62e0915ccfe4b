/**
 * `type` of every failure that the library itself throws; `callHttp` adds `Http<status>`. They are stored in histories, so never rename a
 * released one.
 */
export const failureTypes = {
  databaseUnavailable: 'DatabaseUnavailable',
  payloadKeyMissing: 'PayloadKeyMissing',
  payloadRefused: 'PayloadRefused',
  subjectErased: 'SubjectErased',
  bulkJobNotFound: 'BulkJobNotFound',
  bulkTaskUnknown: 'BulkTaskUnknown',
  httpAddressRefused: 'HttpAddressRefused',
  jobUnknown: 'JobUnknown',
  mailRejected: 'MailRejected',
  mailUnavailable: 'MailUnavailable',
  progressNotJson: 'ProgressNotJson',
  progressTooLarge: 'ProgressTooLarge',
  resultNotJson: 'ResultNotJson',
  resultTooLarge: 'ResultTooLarge',
  serviceEnded: 'ServiceEnded',
  serviceElsewhere: 'ServiceElsewhere',
  startExpired: 'StartExpired',
} as const;

/**
 * Types by which the library recognizes failures of its own, because they do not count as attempts or because no attempt can help. Only
 * {@link libraryFailure} creates failures of these types: an application's error by the same name gets another type before it is stored.
 */
export const recognizedTypes: ReadonlySet<string> = new Set([
  failureTypes.databaseUnavailable,
  failureTypes.payloadKeyMissing,
  failureTypes.payloadRefused,
  failureTypes.bulkJobNotFound,
]);
