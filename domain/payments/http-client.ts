import Stripe from 'stripe';
import type { CallBudget } from './call-budget.ts';
import { inSpan, isTracing } from 'durable-jobs/telemetry';

/**
 * Returns the HTTP client of the payment provider: each call waits for its turn in the budget, and has a span. Undefined, which means
 * Stripe's own, if there is neither.
 */
export function createHttpClient(
  budget: Pick<CallBudget, 'take'> | undefined,
): Stripe.HttpClient | undefined {
  if (!budget) return isTracing() ? traced(Stripe.createNodeHttpClient()) : undefined;
  const client = isTracing() ? traced(Stripe.createNodeHttpClient()) : Stripe.createNodeHttpClient();
  const makeRequest = client.makeRequest.bind(client);
  client.makeRequest = async (...call) => {
    // The timeout of a call begins after it.
    await budget.take();
    return makeRequest(...call);
  };
  return client;
}

function traced(client: Stripe.HttpClient): Stripe.HttpClient {
  const makeRequest = client.makeRequest.bind(client);
  client.makeRequest = (host, port, path, method, ...rest) => {
    const template = templateOf(path);
    const attributes = {
      'http.request.method': method,
      'url.template': template,
      'server.address': host,
      'server.port': Number(port),
    };
    return inSpan(`${method} ${template}`, { kind: 'client', attributes }, async (span) => {
      const response = await makeRequest(host, port, path, method, ...rest);
      span?.setAttribute('http.response.status_code', response.getStatusCode());
      return response;
    });
  };
  return client;
}

/** Returns a path without its query and ids: `/v1/payment_intents/:id/confirm`. */
function templateOf(path: string): string {
  return (path.split('?')[0] ?? path).replace(/\/[a-z]{2,5}_\w+/g, '/:id');
}
