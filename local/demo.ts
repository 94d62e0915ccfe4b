/**
 * `npm run demo`: drives the three jobs against the stack that `npm start` runs, makes the payment provider fail on the way, and prints what
 * happens. Exits with 0 if all of it went as it should.
 */
import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import pc from 'picocolors';
import { connectDatabase } from 'durable-jobs/database';
import {
  apiKeyOf,
  onStopRequest,
  readStack,
  type StackInfo,
  temporalUiOf,
  waitUntil,
} from 'durable-jobs/dev/running';
import type { JobView } from 'durable-jobs/jobs';
import { createBroker } from 'durable-jobs/messages';
import { createCommand, runCommand } from 'durable-jobs/process';
import { createLogger } from 'durable-jobs/telemetry';
import { writeDuration } from 'durable-jobs/values';
import { queues } from '../contracts/names.ts';
import type { Database } from '../domain/database/schema.ts';
import { attemptNow } from './attempt-now.ts';
import { whyNot } from './why-not.ts';
import { stateDir } from './paths.ts';
import { PAYMENT_SANDBOX } from './payment-sandbox.ts';
import { consoleAddress } from './welcome.ts';

/** What the API says of an order, as far as the demo looks at it. */
interface Order {
  status: string;
  payment: { amountTaken: number; amountRefunded: number; attempts: { outcome: string | null }[] };
}

/** A reset email that is due later than this is not waited for. */
const LONGEST_WAIT_MS = 60_000;
const PATIENCE_MS = 30_000;

const begin = performance.now();

async function main(): Promise<number> {
  const stack = readStack(stateDir);
  const refusal = whyNot(stack);
  if (!stack || refusal !== undefined) {
    console.error(refusal);
    return 1;
  }
  if (stack.fromEnvFile.length > 0) console.log(`The stack uses from .env: ${stack.fromEnvFile.join(', ')}`);
  const consoleUrl = consoleAddress(stack);
  console.log(`Watch it in the console, ${consoleUrl} (API key: ${apiKeyOf(stack)}).`);
  onStopRequest(() => process.exit(130));
  const connection = await Connection.connect({ address: stack.urls.temporalAddress });
  const demo = new Demo(stack, new Client({ connection }));
  try {
    await demo.run();
    console.log(`\n${pc.green(pc.bold('Success'))}: all three jobs behaved as described. Look around:`);
    console.log(`  the console ${consoleUrl}`);
    console.log(`  Temporal    ${temporalUiOf(stack)}`);
    console.log(`  the emails  ${stack.urls.inbox}`);
    console.log(`  the ledger  ${stack.ownUrls[PAYMENT_SANDBOX]}\n`);
    return 0;
  } catch (error) {
    console.error(
      `\n${pc.red(pc.bold('Failure'))}: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    return 1;
  } finally {
    await fetch(`${stack.ownUrls[PAYMENT_SANDBOX]}/_control/faults`, { method: 'DELETE' });
    await connection.close();
  }
}

/** The story, told line by line with the time since its begin. */
class Demo {
  readonly #urls: StackInfo['urls'];
  readonly #sandboxUrl: string;
  readonly #apiKey: string;
  readonly #client: Client;
  readonly #email = `ada-${randomUUID().slice(0, 8)}@example.com`;

  constructor(stack: StackInfo, client: Client) {
    this.#urls = stack.urls;
    this.#sandboxUrl = stack.ownUrls[PAYMENT_SANDBOX] ?? '';
    this.#apiKey = stack.apiKey;
    this.#client = client;
  }

  async run(): Promise<void> {
    chapter('A welcome email');
    const userId = await this.#register();
    chapter('An order whose payment provider fails');
    await this.#failOnce(userId);
    await this.#loseTheAnswer(userId);
    chapter('An order with a declined card');
    await this.#decline(userId);
    chapter('An order that cannot be completed after its payment');
    await this.#runOutOfStock(userId);
    chapter('An order whose payment provider does not recover');
    await this.#giveUp(userId);
    chapter('Orders through the message queue');
    await this.#orderByMessage(userId);
    await this.#sendTwice(userId);
    chapter('A password reset');
    await this.#resetPassword(userId);
  }

  async #register(): Promise<string> {
    const { id, jobId } = await this.#call<{ id: string; jobId: string }>('POST', '/api/auth/register', {
      email: this.#email,
      name: 'Ada',
      password: 'correct horse battery staple',
    });
    tell(`${this.#email} registers; the response does not wait for the email`);
    await this.#job(jobId, 'completed');
    await this.#mail('Welcome');
    tell('the welcome email is in the inbox', this.#link(jobId));
    return id;
  }

  async #failOnce(userId: string): Promise<void> {
    await this.#fault({ times: 1, kind: 'status', status: 503, match: { path: '/confirm' } });
    tell('the provider will return 503 for the next payment');
    const { id, jobId } = await this.#order(userId);
    const job = await this.#job(jobId, 'retrying');
    tell(`attempt 1 failed: ${job.attempts[0]?.error?.message ?? ''}`, this.#link(jobId));
    const times = [job.attempts[0]?.endedAt ?? '', ...job.plannedAttempts].map((at) => Date.parse(at));
    const waits = times.slice(1).map((at, index) => Math.round((at - (times[index] ?? 0)) / 1000));
    tell(`three more are planned, after ${waits.join(', ')} s; the demo starts the next one now`);
    await attemptNow(this.#client, jobId);
    await this.#expectOrder(id, 'completed');
    await this.#expectLedger(id, 1, 0);
    await this.#mail(`Receipt for order ${id}`);
    tell('attempt 2 took the payment: one charge in the ledger, and the receipt is in the inbox');
  }

  async #loseTheAnswer(userId: string): Promise<void> {
    // Twice, as the provider's SDK repeats a call once whose connection breaks.
    await this.#fault({ times: 2, kind: 'drop-after', match: { path: '/confirm' } });
    tell('the provider will take the next payment and drop the connection before it responds');
    const { id, jobId } = await this.#order(userId);
    await this.#job(jobId, 'retrying');
    await this.#expectLedger(id, 1, 0);
    tell('the money was taken, but the service does not know it yet', this.#link(jobId));
    await attemptNow(this.#client, jobId);
    await this.#expectOrder(id, 'completed');
    await this.#expectLedger(id, 1, 0);
    tell('attempt 2 found the payment: still one charge');
  }

  async #decline(userId: string): Promise<void> {
    const { id, jobId } = await this.#order(userId, {
      paymentMethod: 'pm_card_chargeDeclinedInsufficientFunds',
    });
    await this.#expectOrder(id, 'awaiting_payment_method');
    const job = await this.#job(jobId, 'waiting');
    tell(
      `the card was declined; the order waits for another card until ${job.deadline ?? ''}`,
      this.#link(jobId),
    );
    await this.#call('PUT', `/api/orders/${id}/payment-method`, { paymentMethod: 'pm_card_visa' });
    await this.#expectOrder(id, 'completed');
    await this.#expectLedger(id, 1, 0);
    tell('with another card the order is paid and complete');
  }

  async #runOutOfStock(userId: string): Promise<void> {
    const sku = `last-one-${randomUUID().slice(0, 8)}`;
    await this.#call('PUT', `/api/stock/${sku}`, { available: 1 });
    const { id, jobId } = await this.#order(userId, { items: [{ sku, quantity: 2, unitAmount: 450 }] });
    await this.#expectOrder(id, 'refunded');
    await this.#expectLedger(id, 1, 1);
    tell(
      'two items were paid for and one is in stock: the payment was refunded, and the customer was told',
      this.#link(jobId),
    );
  }

  async #giveUp(userId: string): Promise<void> {
    await this.#fault({ times: 4, kind: 'status', status: 500, match: { path: '/confirm' } });
    tell('the provider will return 500 for every attempt');
    const { id, jobId } = await this.#order(userId);
    for (let attempt = 1; attempt < 4; attempt++) {
      await this.#until(`attempt ${attempt} to fail`, async () => {
        const job = await this.#call<JobView>('GET', `/api/jobs/${jobId}`);
        return job.status === 'retrying' && job.attempts.length === attempt;
      });
      await attemptNow(this.#client, jobId);
    }
    const job = await this.#job(jobId, 'failed');
    await this.#expectOrder(id, 'payment_failed');
    await this.#job(`return-payment:${id}`, 'completed');
    await this.#expectLedger(id, 0, 0);
    await this.#mail(`Payment failed: order ${id}`);
    tell(`after 4 attempts the job failed: ${job.failure?.message ?? ''}`, this.#link(jobId));
    tell('nothing was charged, the payment was released, and the customer was told');
  }

  async #orderByMessage(userId: string): Promise<void> {
    const { orderId } = await this.#call<{ orderId: string }>(
      'POST',
      '/api/order-messages',
      this.#orderBody(userId),
    );
    tell('an order is accepted, and its message is committed in the same transaction');
    await this.#expectOrder(orderId, 'completed');
    await this.#expectLedger(orderId, 1, 0);
    tell(
      'the message was published and consumed, and the job took the payment',
      this.#link(`process-order:${orderId}`),
    );
  }

  async #sendTwice(userId: string): Promise<void> {
    const messageId = randomUUID();
    const message = {
      id: messageId,
      body: Buffer.from(JSON.stringify(this.#orderBody(userId)), 'utf8'),
      contentType: 'application/json',
      correlationId: null,
      properties: {},
    };
    const db = connectDatabase<Database>(this.#urls.database, {
      poolSize: 1,
      logger: createLogger('demo', 'silent'),
      applicationName: 'durable-jobs-demo',
    });
    try {
      const broker = createBroker({ AMQP_URL: this.#urls.broker, AMQP_IDLE_TIMEOUT: 30_000 }, db, {
        [queues.orders]: this.#urls.brokerQueue ?? queues.orders,
      });
      const publisher = await broker.openPublisher(queues.orders);
      await publisher.publish(message);
      await publisher.publish(message);
      await publisher.close();
    } finally {
      await db.destroy();
    }
    tell('another program sends the same message twice');
    // Its order is there once the message was consumed.
    await this.#expectOrder(messageId, 'completed');
    await this.#expectLedger(messageId, 1, 0);
    tell('one order, one job, one charge', this.#link(`process-order:${messageId}`));
  }

  async #resetPassword(userId: string): Promise<void> {
    const { links } = await this.#call<{ links: { passwordResetJob: string } }>(
      'GET',
      `/api/users/${userId}`,
    );
    const jobId = links.passwordResetJob.replace('/api/jobs/', '');
    await this.#call('POST', '/api/auth/forgot-password', { email: this.#email });
    const first = await this.#job(jobId, 'waiting');
    tell(`the reset email is due at ${first.plannedAttempts[0] ?? ''}`, this.#link(jobId));
    await this.#call('POST', '/api/auth/forgot-password', { email: this.#email });
    await this.#until('the wait to start again', async () => {
      const job = await this.#call<JobView>('GET', `/api/jobs/${jobId}`);
      return (job.plannedAttempts[0] ?? '') > (first.plannedAttempts[0] ?? '');
    });
    const second = await this.#job(jobId, 'waiting');
    const dueAt = Date.parse(second.plannedAttempts[0] ?? '');
    tell(`after a second request it is due at ${new Date(dueAt).toISOString()}: still one email`);
    if (dueAt - Date.now() > LONGEST_WAIT_MS) {
      await this.#call('DELETE', `/api/jobs/${jobId}`);
      await this.#job(jobId, 'cancelled');
      tell(
        `the demo does not wait for ${writeDuration(Math.round((dueAt - Date.now()) / 1_000) * 1_000)}: it cancels the job, and no email is sent`,
      );
      tell('to see it arrive, start the stack with PASSWORD_RESET_DELAY=20s');
      return;
    }
    const html = await this.#mail('Reset your password', dueAt - Date.now() + PATIENCE_MS);
    const [, token] = /token=([\w-]+)/.exec(html) ?? [];
    tell('the email is in the inbox, with a token that works once');
    await this.#call('POST', '/api/auth/reset-password', { token, newPassword: 'a new and better password' });
    tell('the password is reset');
  }

  // What the story is told with.

  #order(userId: string, change: object = {}): Promise<{ id: string; jobId: string }> {
    return this.#call('POST', '/api/orders', { ...this.#orderBody(userId), ...change });
  }

  #orderBody(userId: string): object {
    const items = [{ sku: 'tea', quantity: 2, unitAmount: 450 }];
    return { userId, currency: 'EUR', items, paymentMethod: 'pm_card_visa' };
  }

  async #job(id: string, status: JobView['status']): Promise<JobView> {
    let job: JobView | undefined;
    await this.#until(`job ${id} to be ${status}`, async () => {
      job = await this.#call<JobView>('GET', `/api/jobs/${id}`);
      return job.status === status;
    });
    if (!job) throw new Error(`the job ${id} does not exist`);
    return job;
  }

  async #expectOrder(id: string, status: string): Promise<void> {
    await this.#until(`order ${id} to be ${status}`, async () => {
      return (await this.#call<Order>('GET', `/api/orders/${id}`)).status === status;
    });
  }

  async #expectLedger(orderId: string, charges: number, refunds: number): Promise<void> {
    const response = await fetch(`${this.#sandboxUrl}/_control/ledger?metadata[orderId]=${orderId}`);
    const ledger = (await response.json()) as { charges: unknown[]; refunds: unknown[] };
    if (ledger.charges.length === charges && ledger.refunds.length === refunds) return;
    throw new Error(
      `the ledger of order ${orderId} has ${ledger.charges.length} charges and ${ledger.refunds.length} refunds, ` +
        `and should have ${charges} and ${refunds}`,
    );
  }

  async #mail(subject: string, timeoutMs = PATIENCE_MS): Promise<string> {
    let html: string | undefined;
    await this.#until(
      `the email "${subject}"`,
      async () => {
        const response = await fetch(`${this.#urls.inbox ?? ''}/api/email`);
        const mails = (await response.json()) as {
          subject: string;
          html?: string;
          to: { address: string }[];
        }[];
        const mail = mails.find(
          (one) => one.subject === subject && one.to.some((to) => to.address === this.#email),
        );
        html = mail?.html;
        return mail !== undefined;
      },
      timeoutMs,
    );
    return html ?? '';
  }

  async #fault(fault: object): Promise<void> {
    await fetch(`${this.#sandboxUrl}/_control/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(fault),
    });
  }

  async #call<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(this.#urls.api + path, {
      method,
      headers: {
        authorization: `Bearer ${this.#apiKey}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} returned ${response.status}: ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  #link(jobId: string): string {
    return `${this.#urls.temporalUi}/namespaces/default/workflows/${encodeURIComponent(jobId)}`;
  }

  #until(what: string, condition: () => Promise<boolean>, timeoutMs = PATIENCE_MS): Promise<void> {
    return waitUntil(condition, { what, timeoutMs, intervalMs: 200 });
  }
}

function chapter(title: string): void {
  console.log(`\n${pc.bold(title)}`);
}

function tell(text: string, link?: string): void {
  const seconds = ((performance.now() - begin) / 1000).toFixed(1).padStart(6);
  console.log(`${pc.dim(`${seconds} s`)}  ${text}`);
  if (link) console.log(`${' '.repeat(10)}${pc.cyan(link)}`);
}

await runCommand(
  createCommand('npm run demo')
    .description('Shows the jobs of the stack that `npm start` runs.')
    .action(async () => process.exit(await main())),
);
