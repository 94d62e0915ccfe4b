import { queues } from '../../contracts/names.ts';
import { orderBody } from '../../domain/orders/order-body.ts';
import { addOutgoingMessage } from 'durable-jobs/messages';
import type { CreateOnce } from 'durable-jobs/jobs';
import { placeOrder } from '../orders/place-order.ts';
import { linkTo, parseBody, requestId, Routes } from 'durable-jobs/http';

/** As in W3C Trace Context, for version 00 and later ones. */
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * Routes of orders through the message queue: the order and its message are one commit, and the job starts when the message is consumed.
 * The message's id is the order's, so the same message starts one job, however often it is delivered.
 */
export function orderMessageRoutes(createOnce: CreateOnce): Routes {
  const routes = new Routes('/api/order-messages');

  routes.post('/', 'operator', async (request, response) => {
    const body = parseBody(request, orderBody);
    const traceparent = request.get('traceparent') ?? '';
    await createOnce(request, response, 'order-messages', async (trx) => {
      const order = await placeOrder(trx, body);
      await addOutgoingMessage(trx, queues.orders, {
        id: order.id,
        // As parsed: an order that a client wrote differently, for example with a currency in capitals, is the same
        // order.
        body: Buffer.from(JSON.stringify(body), 'utf8'),
        contentType: 'application/json',
        correlationId: requestId(request.id),
        properties: TRACEPARENT.test(traceparent) ? { traceparent } : {},
      });
      return {
        response: {
          status: 202,
          headers: { Location: linkTo(`/api/orders/${order.id}`) },
          body: { orderId: order.id, messageId: order.id },
        },
        jobs: [],
      };
    });
  });

  return routes;
}
