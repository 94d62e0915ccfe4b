/** What happens when a test payment method is charged. */
export type CardOutcome =
  | { kind: 'succeeds' }
  | { kind: 'declines'; code: string; declineCode?: string; message: string }
  /** Wants the customer's authentication, which a background job can't give. */
  | { kind: 'requires-action' };

const succeeds: CardOutcome = { kind: 'succeeds' };

function declined(declineCode: string, message = 'Your card was declined.'): CardOutcome {
  return { kind: 'declines', code: 'card_declined', declineCode, message };
}

const generic = declined('generic_decline');
const insufficientFunds = declined('insufficient_funds', 'Your card has insufficient funds.');
const lostCard = declined('lost_card');
const stolenCard = declined('stolen_card');

/**
 * Stripe's test payment methods and their codes (docs.stripe.com/testing). Its tables write some declines with `visa_`
 * in their names and earlier editions wrote them without; both are known here. Where a table gives no decline code
 * ("n/a"), the error has none.
 */
const cards: ReadonlyMap<string, CardOutcome> = new Map([
  ['pm_card_visa', succeeds],
  ['pm_card_visa_debit', succeeds],
  ['pm_card_mastercard', succeeds],
  ['pm_card_mastercard_debit', succeeds],
  ['pm_card_mastercard_prepaid', succeeds],
  ['pm_card_amex', succeeds],
  ['pm_card_discover', succeeds],
  ['pm_card_diners', succeeds],
  ['pm_card_jcb', succeeds],
  ['pm_card_unionpay', succeeds],
  ['pm_card_chargeDeclined', generic],
  ['pm_card_visa_chargeDeclined', generic],
  ['pm_card_chargeDeclinedInsufficientFunds', insufficientFunds],
  ['pm_card_visa_chargeDeclinedInsufficientFunds', insufficientFunds],
  ['pm_card_chargeDeclinedLostCard', lostCard],
  ['pm_card_visa_chargeDeclinedLostCard', lostCard],
  ['pm_card_chargeDeclinedStolenCard', stolenCard],
  ['pm_card_visa_chargeDeclinedStolenCard', stolenCard],
  [
    'pm_card_visa_chargeDeclinedVelocityLimitExceeded',
    declined('card_velocity_exceeded', 'The card was used too often or for too much.'),
  ],
  [
    'pm_card_chargeDeclinedExpiredCard',
    { kind: 'declines', code: 'expired_card', message: 'Your card has expired.' },
  ],
  [
    'pm_card_chargeDeclinedIncorrectCvc',
    { kind: 'declines', code: 'incorrect_cvc', message: "The card's security code is wrong." },
  ],
  [
    'pm_card_chargeDeclinedProcessingError',
    {
      kind: 'declines',
      code: 'processing_error',
      message: 'The card could not be processed. Try again later.',
    },
  ],
  ['pm_card_chargeCustomerFail', generic],
  ['pm_card_authenticationRequired', { kind: 'requires-action' }],
]);

/** Looks a payment method up; undefined if it is none of Stripe's test ones. */
export function findTestCard(paymentMethod: string): CardOutcome | undefined {
  return cards.get(paymentMethod);
}
