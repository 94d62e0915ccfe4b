/** The order of a customer, as it was accepted. */
export interface AcceptedOrder {
  orderId: string;
  amountMinor: number;
  /**
   * How it must end: the money is taken; the card is declined and the order waits for another one; it was cancelled before its payment; or its
   * goods are sold out and the money is returned.
   */
  ends: 'completed' | 'awaiting_payment_method' | 'cancelled' | 'refunded';
}

/** Everything that was accepted in a round: the keys by which its effects are found. */
export interface Accepted {
  registrations: { userId: string; email: string; jobId: string }[];
  /** `requests` counts those that may have been accepted, because a request without an answer is repeated. */
  passwordResets: { email: string; requests: number }[];
  orders: AcceptedOrder[];
  /** Orders that arrive over the broker. */
  messages: AcceptedOrder[];
  workItems: { id: string; sku: string; delta: number }[];
  /** Emails that another program inserted. */
  emails: { key: string; recipient: string }[];
  bulkJobs: { id: string; jobId: string; total: number }[];
  /** Runs of schedules that a caller triggered. */
  triggers: { scheduleId: string; jobId: string }[];
  /** People who were erased, each with an order that ends as the moment of the erasure decides. */
  erasures: {
    userId: string;
    email: string;
    jobId: string;
    order: Pick<AcceptedOrder, 'orderId' | 'amountMinor'>;
  }[];
}

/** Nothing yet. */
export const nothingAccepted = (): Accepted => ({
  registrations: [],
  passwordResets: [],
  orders: [],
  messages: [],
  workItems: [],
  emails: [],
  bulkJobs: [],
  triggers: [],
  erasures: [],
});
