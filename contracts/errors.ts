import { failureTypes as libraryFailureTypes } from 'durable-jobs/workflow';

/** `type` of every ApplicationFailure that our code or the library throws. Histories store them, so released ones are never renamed. */
export const failureTypes = {
  ...libraryFailureTypes,
  paymentProviderUnavailable: 'PaymentProviderUnavailable',
  paymentRateLimited: 'PaymentRateLimited',
  paymentRejected: 'PaymentRejected',
  paymentFailed: 'PaymentFailed',
  outOfStock: 'OutOfStock',
  orderNotFound: 'OrderNotFound',
  orderAlreadyPaid: 'OrderAlreadyPaid',
  orderClosed: 'OrderClosed',
  orderNotAwaitingPaymentMethod: 'OrderNotAwaitingPaymentMethod',
  userNotFound: 'UserNotFound',
  reportDayNotOver: 'ReportDayNotOver',
  reportNotFound: 'ReportNotFound',
} as const;

/** The `type` of one of our ApplicationFailures. */
export type FailureType = (typeof failureTypes)[keyof typeof failureTypes];
