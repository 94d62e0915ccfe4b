import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  createStripeProvider,
  PaymentRateLimitedError,
  PaymentUnavailableError,
  type PaymentProvider,
} from '../../domain/payments/provider.ts';
import { request, useService } from '../support/service.ts';

const service = useService({ workers: false });
let provider: PaymentProvider;
let orderId = '';

beforeEach(async () => {
  await service.clearFaults();
  orderId = randomUUID();
  provider = createStripeProvider({ apiKey: 'sk_test_1', apiUrl: service.sandboxUrl, timeoutMs: 10_000 });
});

const createIntent = () =>
  provider.createIntent({
    amountMinor: 900,
    currency: 'eur',
    metadata: { orderId },
    idempotencyKey: `${orderId}:intent`,
  });
const refund = (intent: string) =>
  provider.refund(intent, { metadata: { orderId }, idempotencyKey: `${orderId}:refund` });
/** A server error that the provider stored under the key of the call. */
const storedError = { kind: 'status', status: 500, saved: true };

describe('the payment provider', () => {
  it('gives one intent for one key', async () => {
    expect(await createIntent()).toBe(await createIntent());
  });

  it('says of 429 that the provider was not asked, and makes no call before its turn', async () => {
    let turns = 0;
    const paced = createStripeProvider({
      apiKey: 'sk_test_1',
      apiUrl: service.sandboxUrl,
      timeoutMs: 10_000,
      budget: {
        take: () => {
          turns++;
          return Promise.resolve();
        },
      },
    });
    const intent = await createIntent();
    await service.fault({ kind: 'status', status: 429, times: 1 });
    await expect(paced.getState(intent)).rejects.toBeInstanceOf(PaymentRateLimitedError);
    await paced.confirm(intent, 'pm_card_visa', 'key');
    // With its refunds, which require another call.
    await paced.findPayment(intent);
    expect(turns).toBe(4);
  });

  it('takes money once, however often and under whatever key an intent is confirmed', async () => {
    const intent = await createIntent();
    expect(await provider.confirm(intent, 'pm_card_visa', 'key 1')).toEqual({ status: 'succeeded' });
    expect(await provider.confirm(intent, 'pm_card_visa', 'key 1')).toEqual({ status: 'succeeded' });
    expect(await provider.confirm(intent, 'pm_card_visa', 'key 2')).toEqual({ status: 'succeeded' });
    expect((await service.ledger(orderId)).charges).toHaveLength(1);
  });

  it.each([
    ['pm_card_chargeDeclined', 'generic_decline'],
    ['pm_card_chargeDeclinedInsufficientFunds', 'insufficient_funds'],
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card'],
    ['pm_card_chargeDeclinedIncorrectCvc', 'incorrect_cvc'],
  ])('answers that %s was declined, with the code %s', async (card, code) => {
    const intent = await createIntent();
    expect(await provider.confirm(intent, card, randomUUID())).toMatchObject({ status: 'declined', code });
    expect(await provider.getState(intent)).toMatchObject({ status: 'declined', code });
  });

  it('cannot charge an intent that was released, and does not release one that was charged', async () => {
    const released = await createIntent();
    expect(await provider.release(released, 'release 1')).toEqual({ status: 'released' });
    expect(await provider.confirm(released, 'pm_card_visa', randomUUID())).toEqual({ status: 'released' });
    orderId = randomUUID();
    const charged = await createIntent();
    await provider.confirm(charged, 'pm_card_visa', randomUUID());
    expect(await provider.release(charged, 'release 2')).toEqual({ status: 'succeeded' });
  });

  it('refunds once, under whatever key it is asked to', async () => {
    const intent = await createIntent();
    await provider.confirm(intent, 'pm_card_visa', randomUUID());
    const first = await refund(intent);
    expect(first.amountMinor).toBe(900);
    expect(await refund(intent)).toEqual(first);
    expect(await provider.refund(intent, { metadata: {}, idempotencyKey: 'another' })).toEqual(first);
    expect((await service.ledger(orderId)).refunds).toHaveLength(1);
  });

  it('gets past an error that the provider stored under the key of each of its calls', async () => {
    /** The first call fails and its failure is stored; the second one receives it, and continues with another key. */
    const pastStoredError = async <T>(call: () => Promise<T>): Promise<T> => {
      await service.fault({ times: 1, ...storedError });
      await expect(call()).rejects.toBeInstanceOf(PaymentUnavailableError);
      return call();
    };
    const intent = await pastStoredError(createIntent);
    expect(await pastStoredError(() => provider.confirm(intent, 'pm_card_visa', 'confirm'))).toEqual({
      status: 'succeeded',
    });
    expect(await pastStoredError(() => refund(intent))).toMatchObject({ amountMinor: 900 });
    const { charges, refunds } = await service.ledger(orderId);
    expect([charges.length, refunds.length]).toEqual([1, 1]);
    orderId = randomUUID();
    const other = await createIntent();
    expect(await pastStoredError(() => provider.release(other, 'release'))).toEqual({ status: 'released' });
  });

  it('lists payments and refunds from a time on, in pages, newest first, with a cursor', async () => {
    const from = new Date(Date.now() - 1_000);
    const made: string[] = [];
    for (let number = 0; number < 102; number++) {
      orderId = randomUUID();
      made.push(await createIntent());
    }
    const intent = made.at(-1) ?? '';
    await provider.confirm(intent, 'pm_card_visa', randomUUID());
    await refund(intent);
    const first = await provider.listPayments({ createdFrom: from });
    expect(first.items).toHaveLength(100);
    expect(first.items[0]).toMatchObject({
      intentId: intent,
      orderId,
      status: 'succeeded',
      amountMinor: 900,
      receivedMinor: 900,
      currency: 'eur',
    });
    const listed = first.items.map((item) => item.intentId);
    let { next } = first;
    while (next !== undefined) {
      const page = await provider.listPayments({ createdFrom: from, after: next });
      listed.push(...page.items.map((item) => item.intentId));
      next = page.next;
    }
    expect(new Set(listed).size).toBe(listed.length);
    expect(listed).toEqual(expect.arrayContaining(made));
    const refunds = await provider.listRefunds({ createdFrom: from });
    expect(refunds.items[0]).toMatchObject({ intentId: intent, amountMinor: 900, effective: true });
    expect(await provider.listPayments({ createdFrom: new Date(Date.now() + 60_000) })).toEqual({
      items: [],
      next: undefined,
    });
  });

  it('finds a payment with its refunds, and reports an unknown one', async () => {
    const intent = await createIntent();
    expect(await provider.findPayment(intent)).toMatchObject({ payment: { status: 'open' }, refunds: [] });
    await provider.confirm(intent, 'pm_card_visa', randomUUID());
    await refund(intent);
    expect(await provider.findPayment(intent)).toMatchObject({
      payment: { intentId: intent, orderId, status: 'succeeded' },
      refunds: [{ intentId: intent, amountMinor: 900, effective: true }],
    });
    expect(await provider.findPayment('pi_unknown')).toBeUndefined();
    await service.fault({ times: 1, kind: 'status', status: 503 });
    await expect(provider.findPayment(intent)).rejects.toBeInstanceOf(PaymentUnavailableError);
  });

  it.each([
    ['503', { kind: 'status', status: 503 }],
    ['429', { kind: 'status', status: 429 }],
    ['a connection that drops', { kind: 'drop-before', times: 2 }],
    ['no response in time', { kind: 'delay', delayMs: 60_000 }],
  ])('says of %s that it is worth another attempt', async (_what, fault) => {
    await service.fault({ times: 1, ...fault });
    await expect(createIntent()).rejects.toBeInstanceOf(PaymentUnavailableError);
  });

  it('marks the failure of an unavailable provider as retryable', async () => {
    provider = createStripeProvider({ apiKey: 'sk_test_1', apiUrl: 'http://127.0.0.1:9', timeoutMs: 10_000 });
    await expect(createIntent()).rejects.toBeInstanceOf(PaymentUnavailableError);
  });

  it('counts a payment method that does not exist as declined: the customer can give another one', async () => {
    const intent = await createIntent();
    expect(await provider.confirm(intent, 'pm_unknown', randomUUID())).toMatchObject({
      status: 'declined',
      code: 'unknown_payment_method',
    });
  });

  it('keeps an order that meets a wrong API key: the key can be mended', async () => {
    provider = createStripeProvider({ apiKey: 'wrong', apiUrl: service.sandboxUrl, timeoutMs: 10_000 });
    await expect(createIntent()).rejects.toBeInstanceOf(PaymentUnavailableError);
    expect((await request(service.sandboxUrl, 'GET', '/healthz')).status).toBe(200);
  });
});
