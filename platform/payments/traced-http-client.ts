import Stripe from 'stripe';
import { inSpan, isTracing } from '../telemetry/tracing.ts';

/** The HTTP client of the payment provider, which makes a span of each call; undefined, for Stripe's own, where nothing is traced. */
export function tracedHttpClient(): Stripe.HttpClient | undefined {
  if (!isTracing()) return undefined;
  const client = Stripe.createNodeHttpClient();
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

/** A path without its query and its ids: `/v1/payment_intents/:id/confirm`. */
function templateOf(path: string): string {
  return (path.split('?')[0] ?? path).replace(/\/[a-z]{2,5}_\w+/g, '/:id');
}
