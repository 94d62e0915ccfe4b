import { z } from 'zod';
import { sku } from '../contracts/sku.ts';
import { paymentMethod } from '../domain/orders/order-body.ts';
import { anyText, emailAddress, line, text } from 'durable-jobs/values';

/** NIST SP 800-63B requires at least 8 characters; the maximum keeps hashing cheap. */
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

/** Fields of the body of `PUT /api/stock/:sku`. */
export const stockLevelBody = z.strictObject({ available: z.number().int().min(0).max(1_000_000_000) });

/** Path of a resource whose id is a SKU. */
export const skuParams = z.object({ sku });
