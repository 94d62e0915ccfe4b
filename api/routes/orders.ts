import { WorkflowNotFoundError } from '@temporalio/client';
import { catalogue } from '../../contracts/catalogue.ts';
import { jobId } from '../../contracts/define-job.ts';
import { cancelOrderUpdate, changePaymentMethodUpdate } from '../../contracts/messages.ts';
import { closedOrderStatuses } from '../../platform/database/schema.ts';
import { orderBody } from '../../platform/order-body.ts';
import { enqueueStart } from '../../platform/outbox/enqueue.ts';
import {
  addPaymentMethod,
  MOST_PAYMENT_METHODS,
  findOrder,
  findOrderDetails,
  type Order,
} from '../../platform/repositories/orders.ts';
import { findInvoice } from '../../platform/repositories/invoices.ts';
import type { AppDeps } from '../deps.ts';
import type { CreateOnce } from '../idempotent.ts';
import { notFound, Problem } from '../problem.ts';
import { placeOrder } from '../place-order.ts';
import { Routes } from '../routing/routes.ts';
import { changePaymentMethodBody, idParams } from '../schemas.ts';
import { sendInvoice } from '../send-invoice.ts';
import { parseBody, parseParams } from '../validate.ts';
import { presentOrder } from '../present-order.ts';

/** Orders: placing one starts its job, which takes the payment; changes to it are messages to that job. */
export function orderRoutes(deps: AppDeps, createOnce: CreateOnce): Routes {
  const routes = new Routes('/api/orders');

  routes.post('/', 'operator', async (request, response) => {
    const body = parseBody(request, orderBody);
    await createOnce(request, response, 'orders', async (trx) => {
      const order = await placeOrder(trx, body);
      const job = await enqueueStart(trx, 'processOrder', { orderId: order.id });
      return {
        response: {
          status: 201,
          headers: { Location: `/api/orders/${order.id}` },
          body: { id: order.id, status: order.status, jobId: job.jobId },
        },
        jobs: [job],
      };
    });
  });

  routes.get('/:id', 'viewer', async (request, response) => {
    const { id } = parseParams(request, idParams);
    response.json(await present(id));
  });

  // An invoice keeps the name and address of its customer, also of one who was erased: who reads it is noted.
  routes.get('/:id/invoice', 'operator', async (request, response) => {
    const order = await getOrder(request);
    const invoice = await findInvoice(deps.db, order.id);
    if (!invoice) throw notFound(`invoice of order ${order.id}`);
    sendInvoice(request, response, invoice);
  });

  routes.post('/:id/cancel', 'operator', async (request, response) => {
    const order = await getOrder(request);
    await sendToJob(order, (job) => job.executeUpdate(cancelOrderUpdate));
    response.json(await present(order.id));
  });

  routes.put('/:id/payment-method', 'operator', async (request, response) => {
    const { paymentMethod } = parseBody(request, changePaymentMethodBody);
    const order = await getOrder(request);
    if (order.status !== 'awaiting_payment_method') refuse(order);
    const revision = await addPaymentMethod(deps.db, order.id, paymentMethod);
    if (revision === undefined) {
      throw new Problem(
        'tooManyPaymentMethods',
        `An order takes at most ${MOST_PAYMENT_METHODS} payment methods. It can still be cancelled.`,
      );
    }
    await sendToJob(order, (job) => job.executeUpdate(changePaymentMethodUpdate, { args: [{ revision }] }));
    response.status(202).json(await present(order.id));
  });

  const present = async (id: string): Promise<unknown> => {
    const details = await findOrderDetails(deps.db, id);
    if (!details) throw notFound(`order ${id}`);
    return presentOrder(details);
  };

  const getOrder = async (request: Parameters<typeof parseParams>[0]): Promise<Order> => {
    const { id } = parseParams(request, idParams);
    const order = await findOrder(deps.db, id);
    if (!order) throw notFound(`order ${id}`);
    return order;
  };

  /** Sends an update to an order's job; it answers once the job has decided. */
  const sendToJob = async (
    order: Order,
    send: (job: ReturnType<typeof deps.temporal.workflow.getHandle>) => Promise<unknown>,
  ): Promise<void> => {
    if (closedOrderStatuses.includes(order.status)) refuse(order);
    try {
      const handle = deps.temporal.workflow.getHandle(jobId(catalogue.processOrder, { orderId: order.id }));
      await deps.temporal.withDeadline(Date.now() + UPDATE_TIMEOUT_MS, () => send(handle));
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      // Either it has ended just now, or the relay has yet to start it.
      const now = await findOrder(deps.db, order.id);
      if (now && closedOrderStatuses.includes(now.status)) refuse(now);
      throw new Problem('engineUnavailable', 'The job of this order has not started yet.', {
        headers: { 'Retry-After': '5' },
      });
    }
  };

  return routes;
}

/**
 * A charge that is on its way decides whether an order can still be cancelled, and mostly ends within this time. A caller
 * who is answered 503 can ask again: the cancellation itself goes on.
 */
const UPDATE_TIMEOUT_MS = 75_000;

/** Says why an order can't be changed in its present state. */
function refuse(order: Order): never {
  if (['paid', 'completed', 'refunding', 'refunded'].includes(order.status)) {
    throw new Problem('orderAlreadyPaid', `The order is ${order.status}.`);
  }
  if (order.status === 'pending') {
    throw new Problem('orderNotAwaitingPaymentMethod', 'Its payment is being taken.');
  }
  throw new Problem('orderClosed', `The order is ${order.status}.`);
}
