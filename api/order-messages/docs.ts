import { z } from 'zod';
import { orderBody } from '../../domain/orders/order-body.ts';
import { idempotencyHeaders, json, jsonBody, type ResourceDocs } from 'durable-jobs/http';
import { deadLetterDocs } from 'durable-jobs/messages';
import { orderExample } from '../orders/docs.ts';
import { problems } from '../../contracts/problems.ts';
import { exampleIds } from '../../contracts/example-ids.ts';

/** API description of order messages and dead letters. */
export const messageDocs: ResourceDocs = {
  name: 'Messages',
  description: 'Orders through the message queue, and messages that could not be handled.',
  routes: {
    'POST /api/order-messages': {
      id: 'sendOrderMessage',
      summary: 'Place an order through the message queue',
      description:
        'Stores the order and its message in one transaction. The message is published as soon as the broker is available; the job starts when the message is consumed.',
      headers: idempotencyHeaders.extend({
        traceparent: z
          .string()
          .optional()
          .meta({ description: 'A W3C trace context, which is passed on with the message.' }),
      }),
      body: jsonBody(orderBody, orderExample),
      answers: {
        202: json(
          'The order is stored, and its message will be published.',
          z.strictObject({
            orderId: z.uuid(),
            messageId: z.string().meta({ description: "The order's id." }),
          }),
          { orderId: exampleIds.order, messageId: exampleIds.order },
          { Location: 'The order.' },
        ),
      },
      problems: [problems.unknownUser, 'idempotencyKeyReused'],
    },
    ...deadLetterDocs.routes,
  },
};
