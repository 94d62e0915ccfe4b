/** `type` of every ApplicationFailure that the library throws. They are stored in histories, so never rename a released one. */
export const failureTypes = {
  databaseUnavailable: 'DatabaseUnavailable',
  payloadKeyMissing: 'PayloadKeyMissing',
  payloadRefused: 'PayloadRefused',
  subjectErased: 'SubjectErased',
  bulkJobNotFound: 'BulkJobNotFound',
  bulkTaskUnknown: 'BulkTaskUnknown',
  mailRejected: 'MailRejected',
  mailUnavailable: 'MailUnavailable',
  serviceEnded: 'ServiceEnded',
  serviceElsewhere: 'ServiceElsewhere',
  startExpired: 'StartExpired',
} as const;
