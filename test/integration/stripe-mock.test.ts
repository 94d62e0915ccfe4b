import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';

import { startPaymentSandbox } from '../../tools/payment-sandbox/server.ts';
import type { PaymentSandbox } from '../../tools/payment-sandbox/server.ts';
import { createStripeProvider } from '../../domain/payments/provider.ts';

const part = inject('stripeMock');

// Our sandbox could have the same mistake as our adapter. stripe-mock checks each request against Stripe's own OpenAPI
// description, and responds with Stripe's own examples; it has no state.
if (part.path === undefined) {
  describe.skip(`requests against stripe-mock ${part.howToGet}`, () => {
    test('are the ones that Stripe knows', () => undefined);
  });
} else {
  describe("the project's requests", () => {
    let folder: string;
    let sandbox: PaymentSandbox;
    let mock: { process: ChildProcess; port: number };
    let ports: Record<Server, number>;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'stripe-api-'));
      sandbox = await startPaymentSandbox({ port: 0, stateFile: join(folder, 'ledger.jsonl') });
      mock = await startStripeMock(part.path);
      ports = { sandbox: sandbox.port, 'stripe-mock': mock.port };
    });
    afterAll(async () => {
      const exited = once(mock.process, 'exit');
      mock.process.kill();
      await Promise.all([exited, sandbox.close()]);
      await rm(folder, { recursive: true });
    });

    test.each(servers)('are accepted by %s', async (server) => {
      const shapes = await playThrough(clientOf(ports[server]));
      expect(shapes.created).toMatchObject({ id: 'pi_', object: 'payment_intent', status: 'string' });
    });

    test('get equal responses, in the fields that the project reads', async () => {
      const ours = await playThrough(clientOf(sandbox.port));
      const theirs = await playThrough(clientOf(mock.port));
      expect(ours).toEqual(theirs);
    });

    test('are also created by its adapter, for both servers', async () => {
      for (const server of servers) {
        const provider = createStripeProvider({
          apiKey: 'sk_test_requests',
          apiUrl: `http://127.0.0.1:${ports[server]}`,
          timeoutMs: 5_000,
        });
        const metadata = { orderId: 'o-1' };
        const intentId = await provider.createIntent({
          amountMinor: 1999,
          currency: 'eur',
          metadata,
          idempotencyKey: `${server}-create`,
        });
        expect(intentId).toMatch(/^pi_/);
        await provider.changeAmount(intentId, 2999);
        // The content of the responses is tested with the sandbox: stripe-mock has one intent, always in the same
        // state.
        await provider.confirm(intentId, 'pm_card_visa', `${server}-confirm`);
        await provider.getState(intentId);
        await provider.release(intentId, `${server}-cancel`);
        const refund = await provider.refund(intentId, { metadata, idempotencyKey: `${server}-refund` });
        expect(refund.refundId).toMatch(/^re_/);
        expect(refund.amountMinor).toBeTypeOf('number');

        const since = new Date(Date.now() - 60_000);
        const payments = await provider.listPayments({ createdFrom: since });
        expect(payments.items[0]).toMatchObject({
          intentId: expect.stringMatching(/^pi_/) as unknown,
          amountMinor: expect.any(Number) as unknown,
          receivedMinor: expect.any(Number) as unknown,
          currency: expect.stringMatching(/^[a-z]{3}$/) as unknown,
          createdAt: expect.any(Date) as unknown,
        });
        const refunds = await provider.listRefunds({ createdFrom: since });
        expect(refunds.items.every((item) => item.refundId.startsWith('re_'))).toBe(true);
        // The page after the last one, so that the request with a cursor is also checked.
        const last = payments.items.at(-1)?.intentId ?? '';
        await provider.listPayments({ createdFrom: since, after: last });
        const found = await provider.findPayment(intentId);
        expect(found?.payment.intentId).toMatch(/^pi_/);
      }
    });

    test('are refused by both with a parameter that Stripe does not have', async () => {
      for (const server of servers) {
        const body = 'amount=1999&currency=eur&order=1';
        const response = await fetch(`http://127.0.0.1:${ports[server]}/v1/payment_intents`, {
          method: 'POST',
          headers: {
            Authorization: 'Bearer sk_test_requests',
            'Content-Type': 'application/x-www-form-urlencoded',
          },
          body,
        });
        expect(response.status).toBe(400);
        expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
      }
    });
  });
}

type Server = 'sandbox' | 'stripe-mock';
const servers: Server[] = ['sandbox', 'stripe-mock'];

/** Makes each request that the project makes, and returns what the responses of any Stripe have in common. */
async function playThrough(stripe: Stripe) {
  const params: Stripe.PaymentIntentCreateParams = {
    amount: 1999,
    currency: 'eur',
    metadata: { orderId: 'o-1' },
    automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
  };
  const created = await stripe.paymentIntents.create(params);
  const updated = await stripe.paymentIntents.update(created.id, { amount: 2999 });
  const confirmed = await stripe.paymentIntents.confirm(created.id, { payment_method: 'pm_card_visa' });
  const retrieved = await stripe.paymentIntents.retrieve(created.id);
  const refunded = await stripe.refunds.create({ payment_intent: created.id, metadata: { orderId: 'o-1' } });
  const listed = await stripe.refunds.list({ payment_intent: created.id, limit: 1 });
  const since = { gte: created.created - 60 };
  const intents = await stripe.paymentIntents.list({ created: since, limit: 100 });
  const refunds = await stripe.refunds.list({ created: since, limit: 100 });
  const other = await stripe.paymentIntents.create(params);
  const canceled = await stripe.paymentIntents.cancel(other.id, {});
  return {
    created: shapeOfIntent(created),
    updated: shapeOfIntent(updated),
    confirmed: shapeOfIntent(confirmed),
    retrieved: shapeOfIntent(retrieved),
    canceled: shapeOfIntent(canceled),
    refunded: shapeOfRefund(refunded),
    listed: { object: listed.object, has_more: typeof listed.has_more, data: listed.data.map(shapeOfRefund) },
    intents: { object: intents.object, has_more: typeof intents.has_more, data: shapeOfFirst(intents.data) },
    refunds: {
      object: refunds.object,
      has_more: typeof refunds.has_more,
      data: refunds.data.slice(0, 1).map(shapeOfRefund),
    },
  };
}

function shapeOfFirst(intents: Stripe.PaymentIntent[]) {
  return intents.slice(0, 1).map(shapeOfIntent);
}

function shapeOfIntent(intent: Stripe.PaymentIntent) {
  return {
    id: prefixOf(intent.id),
    object: intent.object,
    status: typeof intent.status,
    amount: typeof intent.amount,
    amount_received: typeof intent.amount_received,
    currency: typeof intent.currency,
    created: typeof intent.created,
    client_secret: typeof intent.client_secret,
    livemode: intent.livemode,
    metadata: typeof intent.metadata,
    // Present, as null or an object: the adapter reads them after a decline.
    last_payment_error: 'last_payment_error' in intent,
    latest_charge: 'latest_charge' in intent,
    payment_method_types: Array.isArray(intent.payment_method_types),
  };
}

function shapeOfRefund(refund: Stripe.Refund) {
  return {
    id: prefixOf(refund.id),
    object: refund.object,
    status: typeof refund.status,
    amount: typeof refund.amount,
    currency: typeof refund.currency,
    created: typeof refund.created,
    metadata: typeof refund.metadata,
    charge: 'charge' in refund,
    payment_intent: 'payment_intent' in refund,
  };
}

function prefixOf(id: string): string {
  return id.slice(0, id.indexOf('_') + 1);
}

function clientOf(port: number): Stripe {
  return new Stripe('sk_test_requests', {
    host: '127.0.0.1',
    port,
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
  });
}

/** Starts stripe-mock on a port that the system chooses, and reads the port from its output. */
async function startStripeMock(path: string): Promise<{ process: ChildProcess; port: number }> {
  // HTTPS cannot be turned off, so it also gets a free port instead of a fixed one on all addresses.
  const child = spawn(path, ['-http-addr', '127.0.0.1:0', '-https-addr', '127.0.0.1:0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child, 'spawn');
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /HTTP at address: 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
    if (port === undefined) continue;
    // So that it never blocks on output that is not read.
    child.stdout.resume();
    return { process: child, port: Number(port) };
  }
  throw new Error('stripe-mock ended before it listened.');
}
