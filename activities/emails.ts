import { ApplicationFailure, log } from '@temporalio/activity';
import { failureTypes } from '../contracts/errors.ts';
import type { Db } from '../domain/database/schema.ts';
import type { Mailer } from 'durable-jobs/mail';
import { orderEmailKey, passwordResetEmailKey, welcomeEmailKey } from '../domain/mail/email-keys.ts';
import { composeEmail } from '../domain/mail/compose.ts';
import { isOrderEmailTrue } from '../domain/mail/order-email-truth.ts';
import { type KeyedEmail, sendForJob } from 'durable-jobs/emails';
import type { OrderData } from '../domain/mail/templates.ts';
import { formatMoney } from '../domain/money.ts';
import { formatTime } from 'durable-jobs/values';
import { findOrder, listOrderItems } from '../domain/orders/orders.ts';
import { newestRevision } from '../domain/orders/payment-methods.ts';
import {
  findOpenResetRequest,
  markResetSent,
  RESET_TOKEN_MINUTES,
  settleCancelledReset,
  storeResetToken,
} from '../domain/accounts/password-resets.ts';
import { resetToken } from '../domain/accounts/derived-secrets.ts';
import { findUser, findUserByEmail, type User } from '../domain/accounts/users.ts';
import { hashToken, type Secrets } from 'durable-jobs/process';
import { heartbeating } from './heartbeating.ts';

/** Dependencies of the email activities. */
export interface EmailDeps {
  db: Db;
  mailer: Mailer;
  secrets: Secrets;
  /** Where links in emails lead, without a trailing slash. */
  publicUrl: string;
}

/** An email about an order that only requires the order itself. */
export type OrderEmail =
  | { orderId: string; kind: 'receipt' | 'payment-failed' | 'cancelled' }
  | { orderId: string; kind: 'refunded'; reason: string }
  | { orderId: string; kind: 'payment-declined'; revision: number; reason: string; until: string };

/** The email activities, as workflows call them. */
export type EmailActivities = ReturnType<typeof createEmailActivities>;

/**
 * Creates the activities that send emails. Repeats are safe: an email's key is sent once, see sendOnce. An email that is no longer true
 * when it would be sent is withdrawn.
 */
export function createEmailActivities(deps: EmailDeps) {
  return {
    /** Key: the user. */
    sendWelcomeEmail: heartbeating(async ({ userId }: { userId: string }): Promise<{ emailId: string }> => {
      const user = await findUser(deps.db, userId);
      if (!user)
        throw ApplicationFailure.nonRetryable(`the user ${userId} does not exist`, failureTypes.userNotFound);
      return send(deps, user, {
        key: welcomeEmailKey(userId),
        ...composeEmail('welcome', { name: user.name }),
      });
    }),

    /**
     * Key: the request. Its token is derived from the request, so that a repeat sends the same one; it is stored as a hash and valid for an
     * hour. Nothing is sent if no account has the address, or the request is void by now.
     */
    sendPasswordResetEmail: heartbeating(
      async ({ requestId }: { requestId: string }): Promise<{ outcome: 'sent' | 'skipped' }> => {
        const request = await findOpenResetRequest(deps.db, requestId);
        const user = request && (await findUserByEmail(deps.db, request.email));
        if (!user) {
          log.info('this request has no email to send', { requestId });
          return { outcome: 'skipped' };
        }
        const token = resetToken(deps.secrets, requestId);
        await storeResetToken(deps.db, requestId, hashToken(token));
        const { outcome } = await send(deps, user, {
          key: passwordResetEmailKey(requestId),
          ...composeEmail('password-reset', {
            name: user.name,
            token,
            resetUrl: `${deps.publicUrl}/reset-password#token=${token}`,
            validMinutes: RESET_TOKEN_MINUTES,
          }),
          // It may have been used through an earlier email's token, or withdrawn at this very moment.
          isTrue: async () => (await findOpenResetRequest(deps.db, requestId)) !== undefined,
        });
        if (outcome !== 'sent') return { outcome: 'skipped' };
        await markResetSent(deps.db, requestId);
        return { outcome: 'sent' };
      },
    ),

    /**
     * Whether the newest request of a cancelled job is to continue, because the cancellation was meant for an earlier one. A repeat is
     * safe: it finds the first decision.
     */
    async settleCancelledReset(requests: {
      newestId: string;
      earlierIds: readonly string[];
    }): Promise<{ open: boolean }> {
      return settleCancelledReset(deps.db, requests);
    },

    /** Key: the order's payment and the kind of email; for a declined card, also the payment method that was declined. */
    sendOrderEmail: heartbeating(async (email: OrderEmail): Promise<{ emailId: string }> => {
      const order = await findOrder(deps.db, email.orderId);
      const user = order && (await findUser(deps.db, order.userId));
      if (!user) {
        throw ApplicationFailure.nonRetryable(
          `the order ${email.orderId} does not exist`,
          failureTypes.orderNotFound,
        );
      }
      const items = await listOrderItems(deps.db, order.id);
      const data: OrderData = {
        name: user.name,
        orderId: order.id,
        total: formatMoney(order.amountMinor, order.currency),
        items: items.map((item) => ({
          sku: item.sku,
          quantity: item.quantity,
          amount: formatMoney(item.quantity * item.unitAmountMinor, order.currency),
        })),
      };
      return send(deps, user, {
        ...composeOrderEmail(email, data, order.paidAt),
        key: orderEmailKey(order, email),
        isTrue: async () => {
          const now = await findOrder(deps.db, order.id);
          return (
            now?.paymentRound === order.paymentRound &&
            isOrderEmailTrue(email, now, () => newestRevision(deps.db, order.id))
          );
        },
      });
    }),
  };
}

function composeOrderEmail(email: OrderEmail, data: OrderData, paidAt: Date | null) {
  switch (email.kind) {
    case 'receipt':
      return composeEmail('order-receipt', { ...data, paidAt: formatTime(paidAt ?? new Date()) });
    case 'payment-failed':
      return composeEmail('payment-failed', data);
    case 'cancelled':
      return composeEmail('order-cancelled', data);
    case 'refunded':
      return composeEmail('order-refunded', { ...data, reason: email.reason });
    case 'payment-declined':
      return composeEmail('payment-declined', {
        ...data,
        reason: email.reason.replaceAll('_', ' '),
        until: formatTime(new Date(email.until)),
      });
  }
}

/** The outcome of an email to a user. */
interface SentToUser {
  emailId: string;
  outcome: 'sent' | 'withdrawn' | 'erased';
}

/** Sends to a user, unless they were erased. */
async function send(
  deps: EmailDeps,
  user: User,
  email: Omit<KeyedEmail, 'userId' | 'recipient'>,
): Promise<SentToUser> {
  const { emailId, outcome } = user.erasedAt
    ? { emailId: 'none', outcome: 'withheld' as const }
    : await sendForJob(deps.db, deps.mailer, { ...email, userId: user.id, recipient: user.email });
  if (outcome === 'withheld') {
    log.info('the person was erased; no email was sent');
    return { emailId, outcome: 'erased' };
  }
  if (outcome === 'withdrawn')
    log.info('the email was withdrawn because its content is no longer true', { emailId });
  return { emailId, outcome };
}
