import { processOrder } from '../../contracts/jobs/process-order.ts';
import {
  WorkflowNotFoundError,
  WorkflowUpdateStage,
  type WorkflowHandle,
  type WorkflowUpdateHandle,
} from '@temporalio/client';
import { jobId } from 'durable-jobs/define';
import { cancelOrderUpdate, changePaymentMethodUpdate } from '../../contracts/messages.ts';
import { closedOrderStatuses, paidOrderStatuses } from '../../domain/orders/order-status.ts';
import { orderBody } from '../../domain/orders/order-body.ts';
import { type CreateOnce, enqueueStart, startNow } from 'durable-jobs/jobs';
import { addPaymentMethod, MOST_PAYMENT_METHODS } from '../../domain/orders/payment-methods.ts';
import { cancelUncharged } from '../../domain/orders/payment-attempts.ts';
import { findUser } from '../../domain/accounts/users.ts';
import { emailsOfOrder } from '../../domain/mail/emails-of.ts';
import {
  findOrder,
  findOrderDetails,
  listOrders,
  type Order,
  type OrderDetails,
} from '../../domain/orders/orders.ts';
import { findInvoice } from '../../domain/orders/invoices.ts';
import type { AppDeps } from '../deps.ts';
import { isEngineUnavailable } from 'durable-jobs/engine';
import {
  idParams,
  isOperator,
  jobNotStarted,
  linkTo,
  notFound,
  parseBody,
  parseParams,
  parseQuery,
  prefersPage,
  presentPage,
  Problem,
  Routes,
  sendJsonOrPage,
  sendPage,
} from 'durable-jobs/http';
import { placeOrder } from './place-order.ts';
import { changePaymentMethodBody } from '../schemas.ts';
import { ordersQuery } from './schemas.ts';
import { sendInvoice } from './send-invoice.ts';
import { presentOrder, presentOrderHead } from './json.ts';
import { orderListPage, orderPage } from './pages.ts';
import { problems } from '../../contracts/problems.ts';

/** Routes of orders: placing one starts its job, which takes the payment; changes are messages to that job. */
export function orderRoutes(deps: AppDeps, createOnce: CreateOnce): Routes {
  const routes = new Routes('/api/orders');

  routes.post('/', 'operator', async (request, response) => {
    const body = parseBody(request, orderBody);
    await createOnce(request, response, 'orders', async (trx) => {
      const order = await placeOrder(trx, body);
      const job = await enqueueStart(trx, processOrder, { orderId: order.id });
      return {
        response: {
          status: 201,
          headers: { Location: linkTo(`/api/orders/${order.id}`) },
          body: { id: order.id, status: order.status, jobId: job.jobId },
        },
        jobs: [job],
      };
    });
  });

  routes.get('/', 'viewer', async (request, response) => {
    const { limit, cursor, ...filter } = parseQuery(request, ordersQuery);
    const json = presentPage(await listOrders(deps.db, filter, { limit, after: cursor }), presentOrderHead);
    sendJsonOrPage(request, response, { json, page: (query) => orderListPage(query, json) });
  });

  routes.get('/:id', 'viewer', async (request, response) => {
    const { id } = parseParams(request, idParams);
    const details = await getDetails(id);
    const order = presentOrder(details);
    if (!prefersPage(request, response)) {
      response.json(order);
      return;
    }
    const [emails, customer, invoice] = await Promise.all([
      emailsOfOrder(deps.db, details.order),
      findUser(deps.db, order.userId),
      isOperator(request) ? findInvoice(deps.db, id) : undefined,
    ]);
    sendPage(
      request,
      response,
      orderPage({
        order,
        emails,
        isCustomerErased: customer?.erasedAt !== null,
        invoice: invoice && `${order.links.self}/invoice`,
      }),
    );
  });

  // An invoice keeps its customer's name and address, even after an erasure, so reads are audited.
  routes.get('/:id/invoice', 'operator', async (request, response) => {
    const order = await getOrder(request);
    const invoice = await findInvoice(deps.db, order.id);
    if (!invoice) throw notFound(`invoice of order ${order.id}`);
    sendInvoice(request, response, invoice);
  });

  routes.post('/:id/cancel', 'operator', async (request, response) => {
    const order = await getOrder(request);
    const isCancelled = await deps.db.transaction().execute((trx) => cancelUncharged(trx, order.id));
    if (!isCancelled) {
      await sendToJob(order, (job) => job.startUpdate(cancelOrderUpdate, { waitForStage: ACCEPTED }));
    }
    response.json(await present(order.id));
  });

  routes.put('/:id/payment-method', 'operator', async (request, response) => {
    const { paymentMethod } = parseBody(request, changePaymentMethodBody);
    const order = await getOrder(request);
    if (order.status !== 'awaiting_payment_method') refuse(order);
    const revision = await addPaymentMethod(deps.db, order.id, paymentMethod);
    if (revision === undefined) {
      throw new Problem(
        problems.tooManyPaymentMethods,
        `An order accepts at most ${MOST_PAYMENT_METHODS} payment methods. It can still be cancelled.`,
      );
    }
    await sendToJob(order, (job) =>
      job.startUpdate(changePaymentMethodUpdate, { args: [{ revision }], waitForStage: ACCEPTED }),
    );
    response.status(202).json(await present(order.id));
  });

  const getDetails = async (id: string): Promise<OrderDetails> => {
    const details = await findOrderDetails(deps.db, id);
    if (!details) throw notFound(`order ${id}`);
    return details;
  };

  const present = async (id: string): Promise<unknown> => presentOrder(await getDetails(id));

  const getOrder = async (request: Parameters<typeof parseParams>[0]): Promise<Order> => {
    const { id } = parseParams(request, idParams);
    const order = await findOrder(deps.db, id);
    if (!order) throw notFound(`order ${id}`);
    return order;
  };

  /** Sends an update to an order's job, and returns when the job has decided. */
  const sendToJob = async (order: Order, send: (job: WorkflowHandle) => Promise<Update>): Promise<void> => {
    if (closedOrderStatuses.includes(order.status)) refuse(order);
    const id = jobId(processOrder, { orderId: order.id });
    const ask = (): Promise<Update> =>
      tell(() => send(deps.temporal.workflow.getHandle(id)), {
        timeoutMs: ACCEPT_TIMEOUT_MS,
        timeUp:
          'No worker has received the request yet, so nothing is decided. It may still be processed: send the request again.',
      });
    const update = await ask().catch(async (error: unknown) => {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      // It has either ended just now, or its start is not made yet.
      const now = await findOrder(deps.db, order.id);
      if (now && closedOrderStatuses.includes(now.status)) refuse(now);
      if (!(await startNow(deps, id))) throw jobNotStarted();
      return ask().catch((again: unknown) => {
        throw again instanceof WorkflowNotFoundError ? jobNotStarted() : again;
      });
    });
    await tell(() => update.result(), {
      timeoutMs: DECISION_TIMEOUT_MS,
      timeUp: 'The job has accepted the request, and decides when the charge in progress has ended.',
    });
  };

  /** Calls the engine, with a time limit whose problem says what it means. */
  const tell = async <T>(
    call: () => Promise<T>,
    { timeoutMs, timeUp }: { timeoutMs: number; timeUp: string },
  ): Promise<T> => {
    try {
      return await deps.temporal.withDeadline(Date.now() + timeoutMs, call);
    } catch (error) {
      if (!isEngineUnavailable(error)) throw error;
      throw new Problem('engineUnavailable', timeUp, { headers: { 'Retry-After': '5' } });
    }
  };

  return routes;
}

const { ACCEPTED } = WorkflowUpdateStage;

/** An update that a job has accepted. */
type Update = Pick<WorkflowUpdateHandle<unknown>, 'result'>;

/**
 * Usually, a worker accepts an update within a moment. If the worker that has the job cached no longer exists, another one does after ten
 * seconds.
 */
const ACCEPT_TIMEOUT_MS = 20_000;

/**
 * A charge in progress decides whether an order can still be cancelled, and usually ends within this time. An update that a worker has
 * accepted is in the job's history: it is processed even if its caller has disconnected.
 */
const DECISION_TIMEOUT_MS = 75_000;

/** Refuses a change of an order in its present state, with the reason. */
function refuse(order: Order): never {
  if (paidOrderStatuses.includes(order.status)) {
    throw new Problem(problems.orderAlreadyPaid, `The order is ${order.status}.`);
  }
  if (order.status === 'pending') {
    throw new Problem(problems.orderNotAwaitingPaymentMethod, 'The payment of the order is in progress.');
  }
  throw new Problem(problems.orderClosed, `The order is ${order.status}.`);
}
