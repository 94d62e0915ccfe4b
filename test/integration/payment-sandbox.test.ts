import { fork } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import Stripe from 'stripe';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { typescriptFlags } from '../../local/node-flags.mjs';
import { startPaymentSandbox } from '../../tools/payment-sandbox/server.ts';
import type { PaymentSandbox } from '../../tools/payment-sandbox/server.ts';
import { eventually } from '../support/jobs.ts';

let folder: string;
let sandbox: PaymentSandbox;
let stripe: Stripe;
/** The difference between the sandbox's clock and the real one. */
let clockAheadMs = 0;
let keyCount = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'payment-sandbox-'));
  sandbox = await startPaymentSandbox({
    port: 0,
    stateFile: join(folder, 'ledger.jsonl'),
    now: () => new Date(Date.now() + clockAheadMs),
  });
  stripe = clientOf(sandbox.port);
});
afterAll(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  await control('DELETE', '/state');
});
afterEach(() => {
  clockAheadMs = 0;
});

describe('payment intents', () => {
  test('wait for a payment method, take the money when confirmed, and never take it again', async () => {
    const created = await createIntent({ metadata: { orderId: 'o-1' } });
    expect(created).toMatchObject({
      object: 'payment_intent',
      status: 'requires_payment_method',
      amount: 1999,
      amount_received: 0,
      currency: 'eur',
      latest_charge: null,
      metadata: { orderId: 'o-1' },
    });
    expect(created.id).toMatch(/^pi_/);
    expect(created.lastResponse.requestId).toMatch(/^req_/);

    const confirmed = await confirm(created.id, 'pm_card_visa', 'confirm-key');
    expect(confirmed).toMatchObject({ id: created.id, status: 'succeeded', amount_received: 1999 });
    expect(confirmed.latest_charge).toMatch(/^ch_/);
    expect(await retrieve(created.id)).toMatchObject({ status: 'succeeded' });

    const error = await failureOf(confirm(created.id, 'pm_card_visa', 'another-key'));
    expect(error).toBeInstanceOf(Stripe.errors.StripeInvalidRequestError);
    expect(error).toMatchObject({ statusCode: 400, code: 'payment_intent_unexpected_state' });
    expect(error.payment_intent).toMatchObject({ id: created.id, status: 'succeeded' });

    const { charges } = await ledger();
    expect(charges).toEqual([
      {
        id: confirmed.latest_charge,
        paymentIntent: created.id,
        amountMinor: 1999,
        currency: 'eur',
        idempotencyKey: 'confirm-key',
        metadata: { orderId: 'o-1' },
        refundedMinor: 0,
        createdAt: expect.stringMatching(/^\d{4}-.*Z$/) as unknown,
      },
    ]);
  });

  test('with a payment method wait only for the confirmation', async () => {
    const created = await createIntent({ payment_method: 'pm_card_mastercard' });
    expect(created.status).toBe('requires_confirmation');
    expect((await stripe.paymentIntents.confirm(created.id)).status).toBe('succeeded');
  });

  test('can be created and confirmed in one call', async () => {
    const created = await createIntent({ payment_method: 'pm_card_amex', confirm: true, off_session: true });
    expect(created.status).toBe('succeeded');
    const declined = await failureOf(
      createIntent({ payment_method: 'pm_card_chargeDeclined', confirm: true }),
    );
    expect(declined.payment_intent?.status).toBe('requires_payment_method');
    expect((await ledger()).charges).toHaveLength(1);
  });

  test('cannot be confirmed without a payment method', async () => {
    const created = await createIntent();
    const error = await failureOf(stripe.paymentIntents.confirm(created.id));
    expect(error).toMatchObject({ statusCode: 400, code: 'payment_intent_unexpected_state' });
  });

  test.each([
    ['pm_card_chargeDeclined', 'card_declined', 'generic_decline'],
    ['pm_card_visa_chargeDeclined', 'card_declined', 'generic_decline'],
    ['pm_card_chargeDeclinedInsufficientFunds', 'card_declined', 'insufficient_funds'],
    ['pm_card_visa_chargeDeclinedInsufficientFunds', 'card_declined', 'insufficient_funds'],
    ['pm_card_chargeDeclinedLostCard', 'card_declined', 'lost_card'],
    ['pm_card_visa_chargeDeclinedLostCard', 'card_declined', 'lost_card'],
    ['pm_card_chargeDeclinedStolenCard', 'card_declined', 'stolen_card'],
    ['pm_card_visa_chargeDeclinedStolenCard', 'card_declined', 'stolen_card'],
    ['pm_card_visa_chargeDeclinedVelocityLimitExceeded', 'card_declined', 'card_velocity_exceeded'],
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card', ''],
    ['pm_card_chargeDeclinedIncorrectCvc', 'incorrect_cvc', ''],
    ['pm_card_chargeDeclinedProcessingError', 'processing_error', ''],
    ['pm_card_chargeCustomerFail', 'card_declined', 'generic_decline'],
  ])('declined with %s can be paid with another card', async (card, code, declineCode) => {
    const { id } = await createIntent();
    const error = await failureOf(confirm(id, card, newKey()));
    expect(error).toBeInstanceOf(Stripe.errors.StripeCardError);
    expect(error).toMatchObject({ statusCode: 402, code });
    // The SDK returns an empty text if there is no decline code.
    expect(error.decline_code).toBe(declineCode);
    expect(error.charge).toMatch(/^ch_/);
    expect(error.payment_intent).toMatchObject({ id, status: 'requires_payment_method' });

    const after = await retrieve(id);
    expect(after).toMatchObject({ status: 'requires_payment_method', payment_method: null });
    expect(after.last_payment_error).toMatchObject({ type: 'card_error', code });
    expect((await ledger()).charges).toEqual([]);

    const paid = await confirm(id, 'pm_card_visa', newKey());
    expect(paid).toMatchObject({ status: 'succeeded', last_payment_error: null });
  });

  test.each(['pm_card_visa', 'pm_card_visa_debit', 'pm_card_mastercard', 'pm_card_amex', 'pm_card_discover'])(
    'are paid with %s',
    async (card) => {
      expect((await confirm((await createIntent()).id, card, newKey())).status).toBe('succeeded');
    },
  );

  test('ask for the customer if the card wants authentication, and decline if nobody is there', async () => {
    const first = await createIntent();
    const asking = await confirm(first.id, 'pm_card_authenticationRequired', newKey());
    expect(asking).toMatchObject({ status: 'requires_action', next_action: { type: 'use_stripe_sdk' } });
    expect((await stripe.paymentIntents.cancel(first.id)).status).toBe('canceled');

    const second = await createIntent();
    const error = await failureOf(
      stripe.paymentIntents.confirm(second.id, {
        payment_method: 'pm_card_authenticationRequired',
        off_session: true,
      }),
    );
    expect(error).toMatchObject({ statusCode: 402, code: 'authentication_required' });
  });

  test('are cancelled permanently, unless they are paid', async () => {
    const open = await createIntent();
    const canceled = await stripe.paymentIntents.cancel(open.id, { cancellation_reason: 'abandoned' });
    expect(canceled).toMatchObject({ status: 'canceled', cancellation_reason: 'abandoned' });
    expect(canceled.canceled_at).toBeTypeOf('number');
    for (const call of [confirm(open.id, 'pm_card_visa', newKey()), stripe.paymentIntents.cancel(open.id)]) {
      expect(await failureOf(call)).toMatchObject({ code: 'payment_intent_unexpected_state' });
    }
    const paid = await createIntent({ payment_method: 'pm_card_visa', confirm: true });
    const error = await failureOf(stripe.paymentIntents.cancel(paid.id));
    expect(error).toMatchObject({ statusCode: 400, code: 'payment_intent_unexpected_state' });
    expect(error.payment_intent).toMatchObject({ status: 'succeeded' });
  });

  test('that accept redirecting methods need a return_url', async () => {
    const { id } = await stripe.paymentIntents.create({ amount: 1999, currency: 'eur' });
    expect(await failureOf(confirm(id, 'pm_card_visa', newKey()))).toMatchObject({ param: 'return_url' });
    const paid = await stripe.paymentIntents.confirm(id, {
      payment_method: 'pm_card_visa',
      return_url: 'https://shop.example/back',
    });
    expect(paid.status).toBe('succeeded');
  });

  test('are listed by page, newest first', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 5; count++) ids.unshift((await createIntent()).id);
    const first = await stripe.paymentIntents.list({ limit: 2 });
    expect(first.data.map((intent) => intent.id)).toEqual(ids.slice(0, 2));
    expect(first.has_more).toBe(true);
    const rest = await stripe.paymentIntents.list({ limit: 3, starting_after: ids[1] ?? '' });
    expect(rest.data.map((intent) => intent.id)).toEqual(ids.slice(2));
    expect(rest.has_more).toBe(false);
    const before = await stripe.paymentIntents.list({ limit: 1, ending_before: ids[2] ?? '' });
    expect(before.data.map((intent) => intent.id)).toEqual([ids[1]]);
    const all: string[] = [];
    for await (const intent of stripe.paymentIntents.list({ limit: 2 })) all.push(intent.id);
    expect(all).toEqual(ids);

    const since = rest.data[0]?.created ?? 0;
    expect((await stripe.paymentIntents.list({ created: { gte: since } })).data.length).toBeGreaterThan(2);
    expect((await stripe.paymentIntents.list({ created: { lt: since - 60 } })).data).toEqual([]);
  });

  test.each<[string, RawParams, object]>([
    ['without an amount', { amount: undefined }, { code: 'parameter_missing', param: 'amount' }],
    ['with a fraction', { amount: 19.99 }, { code: 'parameter_invalid_integer', param: 'amount' }],
    ['with too little', { amount: 49 }, { code: 'amount_too_small', param: 'amount' }],
    ['with too much', { amount: 100_000_000 }, { code: 'amount_too_large', param: 'amount' }],
    ['in no currency', { currency: 'zzz' }, { param: 'currency' }],
    ['with an unknown parameter', { orderId: 'o-1' }, { code: 'parameter_unknown', param: 'orderId' }],
    ['with a metadata value too long', { 'metadata[a]': 'x'.repeat(501) }, { param: 'metadata[a]' }],
    [
      'with an unknown card',
      { payment_method: 'pm_1' },
      { code: 'resource_missing', param: 'payment_method' },
    ],
    ['to confirm without a card', { confirm: true }, { code: 'parameter_missing', param: 'payment_method' }],
  ])('%s are refused', async (_what, override, expected) => {
    const response = await rawPost('/v1/payment_intents', { amount: 1999, currency: 'eur', ...override });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error', ...expected } });
    expect(response.headers.get('request-id')).toMatch(/^req_/);
  });

  test('that do not exist get 404, and so do endpoints', async () => {
    expect(await failureOf(retrieve('pi_none'))).toMatchObject({ statusCode: 404, code: 'resource_missing' });
    expect(await failureOf(confirm('pi_none', 'pm_card_visa', newKey()))).toMatchObject({ statusCode: 404 });
    expect(await failureOf(stripe.customers.retrieve('cus_1'))).toMatchObject({ statusCode: 404 });
  });
});

describe('refunds', () => {
  test('send back a part, then the rest, and never more', async () => {
    const paid = await createIntent({
      payment_method: 'pm_card_visa',
      confirm: true,
      metadata: { orderId: 'a' },
    });
    const part = await stripe.refunds.create(
      { payment_intent: paid.id, amount: 500, metadata: { why: 'damaged' }, reason: 'requested_by_customer' },
      { idempotencyKey: 'refund-key' },
    );
    expect(part).toMatchObject({
      object: 'refund',
      amount: 500,
      currency: 'eur',
      status: 'succeeded',
      payment_intent: paid.id,
      charge: paid.latest_charge,
      reason: 'requested_by_customer',
      metadata: { why: 'damaged' },
    });
    const tooMuch = await failureOf(stripe.refunds.create({ payment_intent: paid.id, amount: 1500 }));
    expect(tooMuch).toMatchObject({ statusCode: 400, param: 'amount' });
    const rest = await stripe.refunds.create({ charge: chargeOf(paid) });
    expect(rest.amount).toBe(1499);
    const again = await failureOf(stripe.refunds.create({ payment_intent: paid.id }));
    expect(again).toMatchObject({ statusCode: 400, code: 'charge_already_refunded' });

    expect(await stripe.refunds.retrieve(part.id)).toMatchObject({ id: part.id });
    const listed = await stripe.refunds.list({ payment_intent: paid.id });
    expect(listed.data.map((refund) => refund.id)).toEqual([rest.id, part.id]);
    expect((await stripe.refunds.list({ payment_intent: 'pi_other' })).data).toEqual([]);

    const { charges, refunds } = await ledger();
    expect(charges).toMatchObject([{ refundedMinor: 1999 }]);
    expect(refunds).toMatchObject([
      {
        id: part.id,
        charge: paid.latest_charge,
        paymentIntent: paid.id,
        amountMinor: 500,
        currency: 'eur',
        idempotencyKey: 'refund-key',
        metadata: { why: 'damaged' },
      },
      // The SDK creates a key if it is given none.
      {
        id: rest.id,
        amountMinor: 1499,
        idempotencyKey: expect.stringMatching(/^stripe-node-retry-/) as unknown,
      },
    ]);
  });

  test('need money that was taken', async () => {
    const open = await createIntent();
    expect(await failureOf(stripe.refunds.create({ payment_intent: open.id }))).toMatchObject({
      statusCode: 400,
    });
    const missing = await failureOf(stripe.refunds.create({ payment_intent: 'pi_none' }));
    expect(missing).toMatchObject({ statusCode: 404, code: 'resource_missing' });
    expect(await failureOf(stripe.refunds.retrieve('re_none'))).toMatchObject({ statusCode: 404 });
    expect(await failureOf(stripe.refunds.create({}))).toMatchObject({ code: 'parameter_missing' });
  });
});

describe('idempotency keys', () => {
  test('repeat the same response, and take the money once', async () => {
    const { id } = await createIntent();
    const first = await confirm(id, 'pm_card_visa', 'key');
    const second = await confirm(id, 'pm_card_visa', 'key');
    expect(first.lastResponse.headers['idempotent-replayed']).toBeUndefined();
    expect(second.lastResponse.headers['idempotent-replayed']).toBe('true');
    expect(second.lastResponse.headers['original-request']).toBe(first.lastResponse.requestId);
    expect(second.lastResponse.requestId).not.toBe(first.lastResponse.requestId);
    expect(second).toEqual(first);
    expect((await ledger()).charges).toHaveLength(1);

    const params = { amount: 100, currency: 'eur' };
    const [one, other] = [
      await stripe.paymentIntents.create(params, { idempotencyKey: 'create' }),
      await stripe.paymentIntents.create(params, { idempotencyKey: 'create' }),
    ];
    expect(other.id).toBe(one.id);
  });

  test('keep a declined card and a refused state', async () => {
    const { id } = await createIntent();
    const decline = () => failureOf(confirm(id, 'pm_card_chargeDeclined', 'declined'));
    const first = await decline();
    await confirm(id, 'pm_card_visa', newKey());
    const second = await decline();
    expect(second).toMatchObject({ statusCode: 402, code: 'card_declined', charge: first.charge });
    expect(second.headers?.['idempotent-replayed']).toBe('true');

    const refuse = () => failureOf(confirm(id, 'pm_card_visa', 'refused'));
    expect((await refuse()).headers?.['idempotent-replayed']).toBeUndefined();
    expect((await refuse()).headers?.['idempotent-replayed']).toBe('true');
  });

  test('are refused with other parameters or for another endpoint', async () => {
    const { id } = await createIntent();
    await confirm(id, 'pm_card_visa', 'key');
    for (const call of [confirm(id, 'pm_card_amex', 'key'), createIntent({}, 'key')]) {
      const error = await failureOf(call);
      expect(error).toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
      expect(error).toMatchObject({ statusCode: 400, rawType: 'idempotency_error' });
    }
  });

  test('ignore the order of parameters', async () => {
    const send = (body: string) =>
      fetch(`${sandbox.url}/v1/payment_intents`, {
        method: 'POST',
        headers: { ...rawHeaders, 'Idempotency-Key': 'order' },
        body,
      });
    const first = await send('amount=100&currency=eur&metadata[a]=1&metadata[b]=2');
    const second = await send('metadata[b]=2&metadata[a]=1&currency=eur&amount=100');
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(await second.text()).toBe(await first.text());
  });

  test('are free again after parameters that were not valid', async () => {
    expect(await failureOf(createIntent({ amount: 1 }, 'key'))).toMatchObject({ code: 'amount_too_small' });
    expect((await createIntent({ amount: 100 }, 'key')).amount).toBe(100);
  });

  test('belong to one account', async () => {
    const mine = await createIntent({}, 'key');
    const other = clientOf(sandbox.port, 'sk_test_other');
    const theirs = await other.paymentIntents.create(
      { amount: 500, currency: 'usd' },
      { idempotencyKey: 'key' },
    );
    expect(theirs.id).not.toBe(mine.id);
  });

  test('expire after 24 hours', async () => {
    const first = await createIntent({}, 'key');
    clockAheadMs = 24 * 60 * 60 * 1000 - 600_000;
    expect((await createIntent({}, 'key')).id).toBe(first.id);
    clockAheadMs = 24 * 60 * 60 * 1000 + 600_000;
    expect((await createIntent({}, 'key')).id).not.toBe(first.id);
  });

  test('are refused while their first request executes', async () => {
    const { id } = await createIntent();
    await addFault({ kind: 'delay', delayMs: 60_000, match: { path: '/confirm' } });
    const slow = confirm(id, 'pm_card_visa', 'key');
    // When the charge exists, the call is executing, and its response is held back.
    await eventually(async () => {
      expect((await ledger()).charges).toHaveLength(1);
    });
    const error = await failureOf(confirm(id, 'pm_card_visa', 'key'));
    expect(error).toMatchObject({ statusCode: 409, code: 'idempotency_key_in_use' });
    await control('DELETE', '/faults');
    expect(await slow).toMatchObject({ status: 'succeeded' });
    const replay = await confirm(id, 'pm_card_visa', 'key');
    expect(replay.lastResponse.headers['idempotent-replayed']).toBe('true');
  });

  test('have 255 characters at most', async () => {
    expect(await failureOf(createIntent({}, 'k'.repeat(256)))).toMatchObject({ statusCode: 400 });
    expect((await createIntent({}, 'k'.repeat(255))).amount).toBe(1999);
  });

  test('let one of many calls at once take the money', async () => {
    const { id } = await createIntent();
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => confirm(id, 'pm_card_visa', `key-${index % 4}`)),
    );
    expect(results.filter((result) => result.status === 'fulfilled').length).toBeGreaterThan(0);
    expect((await ledger()).charges).toHaveLength(1);
  });
});

describe('faults', () => {
  test('respond with a status without executing or storing anything', async () => {
    const { id } = await createIntent();
    await addFault({ kind: 'status', status: 503, times: 2 });
    for (let count = 0; count < 2; count++) {
      const error = await failureOf(confirm(id, 'pm_card_visa', 'key'));
      expect(error).toBeInstanceOf(Stripe.errors.StripeAPIError);
      expect(error).toMatchObject({ statusCode: 503, rawType: 'api_error' });
    }
    expect(await ledger()).toEqual({ charges: [], refunds: [] });
    const paid = await confirm(id, 'pm_card_visa', 'key');
    expect(paid.lastResponse.headers['idempotent-replayed']).toBeUndefined();
  });

  test('limit the rate, with the time to wait', async () => {
    await addFault({ kind: 'status', status: 429, retryAfterSeconds: 7 });
    const error = await failureOf(createIntent({}, 'key'));
    expect(error).toBeInstanceOf(Stripe.errors.StripeRateLimitError);
    expect(error).toMatchObject({ statusCode: 429, code: 'rate_limit' });
    expect(error.headers?.['retry-after']).toBe('7');
  });

  test('store a 500 that occurred after execution began, and change nothing', async () => {
    const { id } = await createIntent();
    await addFault({ kind: 'status', status: 500, saved: true, match: { path: '/confirm' } });
    const first = await failureOf(confirm(id, 'pm_card_visa', 'key'));
    expect(first).toMatchObject({ statusCode: 500 });
    expect(first.headers?.['stripe-should-retry']).toBe('false');
    const second = await failureOf(confirm(id, 'pm_card_visa', 'key'));
    expect(second).toMatchObject({ statusCode: 500 });
    expect(second.headers?.['idempotent-replayed']).toBe('true');
    expect((await ledger()).charges).toEqual([]);
    expect((await retrieve(id)).status).toBe('requires_payment_method');
    expect((await confirm(id, 'pm_card_visa', 'another')).status).toBe('succeeded');
  });

  test('leave a saved 500 for a call that executes', async () => {
    const { id } = await createIntent();
    await confirm(id, 'pm_card_visa', 'key');
    await addFault({ kind: 'status', status: 500, saved: true });
    expect((await confirm(id, 'pm_card_visa', 'key')).status).toBe('succeeded');
    expect((await faults()).faults).toHaveLength(1);
  });

  test('hold an answer back until the client gives up, and keep what was executed', async () => {
    const { id } = await createIntent();
    const impatient = clientOf(sandbox.port, 'sk_test_1', 100);
    await addFault({ kind: 'delay', delayMs: 60_000, match: { path: '/confirm' } });
    const params = { payment_method: 'pm_card_visa' };
    const error = await failureOf(impatient.paymentIntents.confirm(id, params, { idempotencyKey: 'key' }));
    expect(error).toBeInstanceOf(Stripe.errors.StripeConnectionError);
    await control('DELETE', '/faults');
    await eventually(async () => {
      const replay = await confirm(id, 'pm_card_visa', 'key');
      expect(replay.lastResponse.headers['idempotent-replayed']).toBe('true');
    });
    expect((await ledger()).charges).toHaveLength(1);
  });

  // The SDK repeats a call once if its connection was closed, regardless of maxNetworkRetries.
  test('drop a connection before executing', async () => {
    const { id } = await createIntent();
    await addFault({ kind: 'drop-before', times: 2, match: { method: 'post', path: '/confirm' } });
    const error = await failureOf(confirm(id, 'pm_card_visa', 'key'));
    expect(error).toBeInstanceOf(Stripe.errors.StripeConnectionError);
    expect((await ledger()).charges).toEqual([]);
    const paid = await confirm(id, 'pm_card_visa', 'key');
    expect(paid.lastResponse.headers['idempotent-replayed']).toBeUndefined();
  });

  test('drop a connection after executing', async () => {
    const { id } = await createIntent();
    await addFault({ kind: 'drop-after', times: 2, match: { path: '/confirm' } });
    const error = await failureOf(confirm(id, 'pm_card_visa', 'key'));
    expect(error).toBeInstanceOf(Stripe.errors.StripeConnectionError);
    expect((await ledger()).charges).toHaveLength(1);
    const replay = await confirm(id, 'pm_card_visa', 'key');
    expect(replay).toMatchObject({ status: 'succeeded' });
    expect(replay.lastResponse.headers['idempotent-replayed']).toBe('true');
    const { requests } = (await controlJson('/requests?limit=3')) as { requests: object[] };
    expect(requests).toMatchObject([
      { status: 'dropped', fault: 'drop-after', idempotencyKey: 'key', replayed: false },
      { status: 'dropped', fault: 'drop-after', replayed: false },
      { status: 200, fault: null, replayed: true, method: 'POST' },
    ]);
  });

  test('happen in their order, and only to the calls they match', async () => {
    await addFault({ kind: 'status', status: 500 });
    await addFault({ kind: 'status', status: 502, match: { method: 'POST' } });
    await addFault({ kind: 'status', status: 503, match: { path: '/refunds' } });
    expect(await failureOf(stripe.paymentIntents.list())).toMatchObject({ statusCode: 500 });
    await stripe.paymentIntents.list();
    expect(await failureOf(createIntent())).toMatchObject({ statusCode: 502 });
    await createIntent();
    expect((await faults()).faults).toEqual([
      { kind: 'status', status: 503, times: 1, saved: false, match: { path: '/refunds' } },
    ]);
    await control('DELETE', '/faults');
    expect((await faults()).faults).toEqual([]);
    await stripe.refunds.list();
  });

  test('let an answer go that they hold back, once they are cleared', async () => {
    await addFault({ kind: 'delay', delayMs: 60_000 });
    const call = stripe.refunds.list();
    await eventually(async () => expect((await faults()).faults).toEqual([]));
    await control('DELETE', '/faults');
    await expect(call).resolves.toMatchObject({ object: 'list' });
  });

  test.each([
    { times: 1 },
    { kind: 'explode' },
    { kind: 'status' },
    { kind: 'status', status: 200 },
    { kind: 'status', status: 429, saved: true },
    { kind: 'status', status: 500, times: 0 },
    { kind: 'delay' },
    { kind: 'delay', delayMs: '100' },
    { kind: 'drop-before', status: 500 },
    { kind: 'drop-after', match: { url: '/confirm' } },
  ])('that make no sense are refused: %j', async (fault) => {
    const response = await control('POST', '/faults', JSON.stringify(fault));
    expect(response.status).toBe(400);
    const body = (await response.json()) as { issues: { message: string }[] };
    expect(body.issues[0]?.message).toBeTruthy();
    expect((await faults()).faults).toEqual([]);
  });

  test('that are not JSON are refused, as are invalid queries', async () => {
    expect((await control('POST', '/faults', '{')).status).toBe(400);
    expect((await control('GET', '/requests?limit=none')).status).toBe(400);
    expect((await control('GET', '/ledger?order=1')).status).toBe(400);
    expect((await control('GET', '/nothing')).status).toBe(404);
  });
});

describe('the server', () => {
  test('requires a test key', async () => {
    for (const key of ['sk_live_1', 'nonsense']) {
      const error = await failureOf(clientOf(sandbox.port, key).paymentIntents.list());
      expect(error).toBeInstanceOf(Stripe.errors.StripeAuthenticationError);
      expect(error.statusCode).toBe(401);
    }
    const url = `${sandbox.url}/v1/payment_intents`;
    expect((await fetch(url)).status).toBe(401);
    const basic = `Basic ${Buffer.from('sk_test_1:').toString('base64')}`;
    expect((await fetch(url, { headers: { Authorization: basic } })).status).toBe(200);
  });

  test('filters the ledger by metadata', async () => {
    const options = { payment_method: 'pm_card_visa', confirm: true };
    const first = await createIntent({ ...options, metadata: { orderId: 'one' } });
    await createIntent({ ...options, metadata: { orderId: 'two' } });
    await stripe.refunds.create({ payment_intent: first.id });
    const one = await ledger('?metadata[orderId]=one');
    expect(one.charges).toMatchObject([{ paymentIntent: first.id }]);
    expect(one.refunds).toHaveLength(1);
    const two = await ledger('?metadata[orderId]=two');
    expect([two.charges.length, two.refunds.length]).toEqual([1, 0]);
    expect(await ledger('?metadata[orderId]=three')).toEqual({ charges: [], refunds: [] });
  });

  test('serves an escaped page, and reports that it is healthy', async () => {
    await createIntent({ payment_method: 'pm_card_visa', confirm: true, metadata: { note: '<script>' } });
    await addFault({ kind: 'status', status: 503 });
    const page = await fetch(sandbox.url);
    expect(page.headers.get('content-type')).toContain('text/html');
    const html = await page.text();
    expect(html).toContain('1999 eur');
    expect(html).toContain('/_control/faults');
    expect(html).not.toMatch(/\dT\d\d:/);
    expect(html).not.toContain('<script>');
    expect((await fetch(`${sandbox.url}/healthz`)).status).toBe(200);
  });

  test('refuses a port that is taken, and a damaged file', async () => {
    const stateFile = join(folder, 'damaged.jsonl');
    await appendFile(stateFile, '[]\n{"half\n[]\n');
    await expect(startPaymentSandbox({ port: sandbox.port, stateFile })).rejects.toThrow('EADDRINUSE');
    await expect(startPaymentSandbox({ port: 0, stateFile })).rejects.toThrow('line 2 is damaged');
    expect(await readFile(stateFile, 'utf8')).toContain('{"half');
  });

  test('closes while a response is being held back', async () => {
    const other = await startPaymentSandbox({ port: 0, stateFile: join(folder, 'closing.jsonl') });
    await fetch(`${other.url}/_control/faults`, {
      method: 'POST',
      body: JSON.stringify({ kind: 'delay', delayMs: 60_000, times: 2 }),
    });
    const call = failureOf(clientOf(other.port).paymentIntents.list());
    await eventually(async () => {
      const left = (await (await fetch(`${other.url}/_control/faults`)).json()) as { faults: unknown[] };
      expect(left.faults).toMatchObject([{ times: 1 }]);
    });
    await other.close();
    await other.close();
    expect(await call).toBeInstanceOf(Stripe.errors.StripeConnectionError);
  });
});

describe('the process', () => {
  const main = fileURLToPath(new URL('../../tools/payment-sandbox/main.ts', import.meta.url));

  async function startProcess(stateFile: string) {
    const child = fork(main, {
      execArgv: [...typescriptFlags],
      env: { ...process.env, PAYMENT_SANDBOX_PORT: '0', PAYMENT_SANDBOX_STATE: stateFile },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    const exited = once(child, 'exit');
    if (!child.stdout) throw new Error('no output to read');
    const [output] = (await once(child.stdout, 'data')) as [Buffer];
    const port = /^payment sandbox ready at http:\/\/127\.0\.0\.1:(\d+)\n$/.exec(output.toString())?.[1];
    return { child, exited, port: Number(port) };
  }

  test('loses nothing that it acknowledged when it is killed, and drops a truncated line', async () => {
    const stateFile = join(folder, 'killed.jsonl');
    const first = await startProcess(stateFile);
    const before = clientOf(first.port);
    const { id } = await before.paymentIntents.create(
      {
        amount: 700,
        currency: 'eur',
        automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
      },
      { idempotencyKey: 'create' },
    );
    const params = { payment_method: 'pm_card_visa' };
    const paid = await before.paymentIntents.confirm(id, params, { idempotencyKey: 'confirm' });
    const refund = await before.refunds.create({ payment_intent: id, amount: 100 });
    first.child.kill('SIGKILL');
    await first.exited;
    await appendFile(stateFile, '[{"kind":"charge","val');

    const second = await startProcess(stateFile);
    const after = clientOf(second.port);
    const replay = await after.paymentIntents.confirm(id, params, { idempotencyKey: 'confirm' });
    expect(replay).toEqual(paid);
    expect(replay.lastResponse.headers['idempotent-replayed']).toBe('true');
    expect((await after.refunds.list({ payment_intent: id })).data).toMatchObject([{ id: refund.id }]);
    expect((await after.refunds.create({ payment_intent: id })).amount).toBe(600);
    second.child.kill('SIGTERM');
    expect(await second.exited).toEqual([0, null]);

    const third = await startProcess(stateFile);
    const again = await failureOf(clientOf(third.port).refunds.create({ payment_intent: id }));
    expect(again).toMatchObject({ code: 'charge_already_refunded' });
    // The end of a parent, as a child sees it.
    third.child.disconnect();
    expect(await third.exited).toEqual([0, null]);
  });

  test('is reset permanently', async () => {
    const stateFile = join(folder, 'reset.jsonl');
    const first = await startPaymentSandbox({ port: 0, stateFile });
    const client = clientOf(first.port);
    await client.paymentIntents.create({ amount: 100, currency: 'eur' });
    await fetch(`${first.url}/_control/state`, { method: 'DELETE' });
    const kept = await client.paymentIntents.create({ amount: 200, currency: 'eur' });
    await first.close();
    const second = await startPaymentSandbox({ port: 0, stateFile });
    const { data } = await clientOf(second.port).paymentIntents.list();
    expect(data.map((intent) => intent.id)).toEqual([kept.id]);
    await second.close();
  });
});

const rawHeaders = {
  Authorization: 'Bearer sk_test_1',
  'Content-Type': 'application/x-www-form-urlencoded',
};

function clientOf(port: number, apiKey = 'sk_test_1', timeout = 60_000): Stripe {
  return new Stripe(apiKey, {
    host: '127.0.0.1',
    port,
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
    timeout,
  });
}

function newKey(): string {
  keyCount += 1;
  return `key-${keyCount}`;
}

function createIntent(params: Partial<Stripe.PaymentIntentCreateParams> = {}, idempotencyKey?: string) {
  return stripe.paymentIntents.create(
    {
      amount: 1999,
      currency: 'eur',
      automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
      ...params,
    },
    idempotencyKey === undefined ? {} : { idempotencyKey },
  );
}

function confirm(id: string, paymentMethod: string, idempotencyKey: string) {
  return stripe.paymentIntents.confirm(id, { payment_method: paymentMethod }, { idempotencyKey });
}

function retrieve(id: string) {
  return stripe.paymentIntents.retrieve(id);
}

function chargeOf(intent: Stripe.PaymentIntent): string {
  if (typeof intent.latest_charge !== 'string') throw new Error('the intent has no charge');
  return intent.latest_charge;
}

async function failureOf(call: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  const result = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (result instanceof Stripe.errors.StripeError) return result;
  throw new Error('the call should have failed with an error of Stripe', { cause: result });
}

type RawParams = Record<string, string | number | boolean | undefined>;

function rawPost(path: string, params: RawParams): Promise<Response> {
  const body = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) if (value !== undefined) body.set(key, String(value));
  return fetch(`${sandbox.url}${path}`, { method: 'POST', headers: rawHeaders, body });
}

function control(method: string, path: string, body?: string): Promise<Response> {
  return fetch(`${sandbox.url}/_control${path}`, { method, ...(body === undefined ? {} : { body }) });
}

async function controlJson(path: string): Promise<unknown> {
  return (await control('GET', path)).json();
}

async function addFault(fault: object): Promise<void> {
  expect((await control('POST', '/faults', JSON.stringify(fault))).status).toBe(201);
}

async function faults() {
  return (await controlJson('/faults')) as { faults: object[] };
}

async function ledger(query = '') {
  return (await controlJson(`/ledger${query}`)) as { charges: object[]; refunds: object[] };
}
