import { defineProblems } from 'durable-jobs/http';

/** Problems of the application's own routes and rules, in addition to the library's. */
export const problems = defineProblems({
  invalidToken: { status: 400, title: 'The token is not valid' },
  tokenExpired: { status: 400, title: 'The token has expired' },
  tokenUsed: { status: 400, title: 'The token has been used' },
  emailTaken: { status: 409, title: 'The email address is already registered' },
  orderAlreadyPaid: { status: 409, title: 'The order is already paid' },
  orderClosed: { status: 409, title: 'The order is closed' },
  orderNotAwaitingPaymentMethod: { status: 409, title: 'The order is not waiting for a payment method' },
  tooManyPaymentMethods: { status: 409, title: 'The order has reached its limit of payment methods' },
  unknownUser: { status: 422, title: 'The user does not exist' },
});
