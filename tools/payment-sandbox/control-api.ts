import express, { Router } from 'express';
import { z } from 'zod';

import { faultSchema } from './faults.ts';
import type { FaultQueue } from './faults.ts';
import type { Charge, Ledger } from './ledger.ts';
import type { RequestLog } from './request-log.ts';

const ledgerQuery = z.strictObject({ metadata: z.record(z.string(), z.string()).optional() });
const requestsQuery = z.strictObject({ limit: z.coerce.number().int().min(1).max(1000).default(100) });

/** What the sandbox's ledger looks like from outside. */
export type LedgerView = {
  charges: Charge[];
  refunds: {
    id: string;
    charge: string;
    paymentIntent: string;
    amountMinor: number;
    currency: string;
    idempotencyKey: string | null;
    metadata: Record<string, string>;
    createdAt: string;
  }[];
};

/** The money that moved, oldest first; with a filter, what has that metadata, a refund also by its charge's. */
export function viewLedger(ledger: Ledger, metadata: Record<string, string> = {}): LedgerView {
  const matches = (candidate: Record<string, string>) =>
    Object.entries(metadata).every(([key, value]) => candidate[key] === value);
  const refunds = [...ledger.refunds.values()].map(({ id, object, idempotencyKey, createdAt }) => ({
    id,
    charge: idOf(object.charge),
    paymentIntent: idOf(object.payment_intent),
    amountMinor: object.amount,
    currency: object.currency,
    idempotencyKey,
    metadata: object.metadata ?? {},
    createdAt,
  }));
  return {
    charges: [...ledger.charges.values()].filter((charge) => matches(charge.metadata)),
    refunds: refunds.filter(
      (refund) => matches(refund.metadata) || matches(ledger.charges.get(refund.charge)?.metadata ?? {}),
    ),
  };
}

function idOf(reference: string | { id: string } | null): string {
  return typeof reference === 'string' ? reference : (reference?.id ?? '');
}

/** Everything under /_control: what tests and the curious use, and Stripe has not. */
export function createControlApi(deps: { ledger: Ledger; faults: FaultQueue; log: RequestLog }): Router {
  const { ledger, faults, log } = deps;
  const router = Router();

  router.get('/faults', (_request, response) => {
    response.json({ faults: faults.list() });
  });
  // Whatever content type curl sends by default: the body is JSON.
  router.post('/faults', express.json({ type: () => true }), (request, response) => {
    faults.add(faultSchema.parse(request.body ?? {}));
    response.status(201).json({ faults: faults.list() });
  });
  router.delete('/faults', (_request, response) => {
    faults.clear();
    response.status(204).end();
  });
  router.get('/ledger', (request, response) => {
    response.json(viewLedger(ledger, ledgerQuery.parse(request.query).metadata));
  });
  router.get('/requests', (request, response) => {
    response.json({ requests: log.latest(requestsQuery.parse(request.query).limit) });
  });
  router.delete('/state', async (_request, response) => {
    faults.clear();
    log.clear();
    await ledger.clear();
    response.status(204).end();
  });
  return router;
}
