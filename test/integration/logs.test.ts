import { sendWelcomeEmail } from '../../contracts/jobs/send-welcome-email.ts';
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { jobs } from '../../contracts/catalogue.ts';
import { enqueueStart } from '../../packages/durable-jobs/src/jobs/outbox/enqueue.ts';
import { withLogFields } from '../../packages/durable-jobs/src/telemetry/log-fields.ts';
import { inClear } from '../support/in-clear.ts';
import { attemptNow, eventually, jobWithStatus } from '../support/jobs.ts';
import { parseLog, type LogLine } from '../support/log-lines.ts';
import { startApi, startWorker, type ServiceProcess } from '../support/processes.ts';
import { runJob } from '../support/run-job.ts';
import { request, useService, type Answer } from '../support/service.ts';

const service = useService({ workers: false });

/** Values that must never be logged or be at rest in the engine, each of which cannot occur there otherwise. */
const secret = {
  name: 'Zebedee Quillfeather',
  address: 'zebedee.quillfeather@private.example',
  stranger: 'nobody.at.all@private.example',
  recipient: 'boss.of.reports@private.example',
  password: 'velvet-octopus-password',
  newPassword: 'marmalade-glacier-password',
  card: 'pm_card_visa',
  declinedCard: 'pm_card_chargeDeclinedInsufficientFunds',
  wrongKey: 'guessed-key-of-an-intruder',
  query: 'query-string-with-something',
};

interface Made {
  id: string;
  jobId: string;
}

/** Starts of the jobs that can be started over REST; every one of them must be here. */
const startable: Record<string, Record<string, unknown>> = {
  runDailyReport: {},
  refreshStatistics: {},
  startBulkJob: { task: 'reprice-orders', query: 'open-orders' },
  syncPayments: {},
  deleteExpired: {},
  runMaintenance: {},
};

describe('the logs of an API and a worker that do every job', () => {
  let apiLines: LogLine[];
  let workerLines: LogLine[];
  let output: string;
  let histories: Map<string, string>;
  let registration: Answer;
  let relayed: string;

  beforeAll(async () => {
    const everything = { LOG_LEVEL: 'trace' };
    const [api, worker] = await Promise.all([
      startApi(service, { ...everything, PASSWORD_RESET_DELAY: '1s' }),
      startWorker(service, {
        ...everything,
        REPORT_RECIPIENTS: secret.recipient,
        MAINTENANCE_RECIPIENTS: secret.recipient,
      }),
    ]);
    try {
      registration = await doEverything(api);
      relayed = await leaveToTheRelay();
      // Jobs that others have started may take a moment longer.
      await eventually(async () => {
        const ended = parseLog(await worker.output()).filter(({ msg }) => msg === 'the job has ended');
        const types = new Set(ended.map(({ jobType }) => jobType));
        expect(jobs.types.filter((type) => type !== 'hostService' && !types.has(type))).toEqual([]);
      });
      histories = await eventually(readHistories);
    } finally {
      await Promise.all([api.stop(), worker.stop()]);
    }
    apiLines = parseLog(await api.output());
    workerLines = parseLog(await worker.output());
    output = (await api.output()) + (await worker.output());
  }, 240_000);

  it('are of every type of job', () => {
    const types = (message: string) =>
      new Set(workerLines.filter(({ msg }) => msg === message).map(({ jobType }) => jobType));
    expect([...types('the job has started')].toSorted()).toEqual(jobs.types.toSorted());
    const ended = types('the job has ended');
    for (const type of jobs.types) if (type !== 'hostService') expect(ended).toContain(type);
  });

  it('hold no secrets and no personal data', () => {
    const parts = secret.name.split(' ');
    for (const value of [...Object.values(secret), ...parts]) expect(output).not.toContain(value);
  });

  it('come from jobs whose histories and search attributes hold no secrets and no personal data', () => {
    const tokens = service.mail.mails.flatMap(({ text }) => /token=([\w-]+)/.exec(text ?? '')?.[1] ?? []);
    expect(tokens.length).toBeGreaterThan(0);
    const leaks = [...histories].flatMap(([job, text]) =>
      [...Object.values(secret), ...secret.name.split(' '), ...tokens]
        .filter((value) => text.includes(value))
        .map((value) => `${job}: ${value}`),
    );
    expect(leaks).toEqual([]);
  });

  it("contain none of the emails' content", () => {
    const sentences = service.mail.mails
      .flatMap((mail) => (mail.text ?? '').split('\n'))
      .map((line) => line.trim())
      .filter((line) => line.length > 12);
    expect(sentences.length).toBeGreaterThan(20);
    for (const sentence of sentences) expect(output).not.toContain(sentence);
    for (const mail of service.mail.mails) {
      const token = /token=([\w-]+)/.exec(mail.text ?? '')?.[1];
      if (token !== undefined) expect(output).not.toContain(token);
    }
  });

  it('say of each line of a job whose it is', () => {
    const ofJobs = workerLines.filter((line) => line.jobId !== undefined);
    expect(ofJobs.length).toBeGreaterThan(50);
    for (const line of ofJobs) {
      expect(line, line.msg).toMatchObject({ jobType: expect.any(String) as string });
      expect(jobs.has(line.jobType ?? ''), line.jobType).toBe(true);
      if (line.activity !== undefined) expect(line.attempt, line.msg).toBeGreaterThan(0);
    }
  });

  it('report the start and end of each attempt once, with its duration and outcome', () => {
    const attempts = (message: string) =>
      workerLines
        .filter(({ msg, jobType }) => msg === message && jobType !== 'hostService')
        .map((line) => [line.jobId, line.runId, line.activity, line.attempt].join(' '))
        .toSorted();
    const started = attempts('the attempt has started');
    expect(started.length).toBeGreaterThan(15);
    expect(attempts('the attempt has ended')).toEqual(started);
    const ends = workerLines.filter(({ msg }) => msg === 'the attempt has ended');
    for (const end of ends) expect(end.durationMs).toBeGreaterThanOrEqual(0);
    expect(new Set(ends.map(({ outcome }) => outcome))).toContain('failed');
    expect(ends.filter(({ attempt }) => attempt === 2).length).toBeGreaterThan(0);
  });

  it('lead from a request to its job, and back', () => {
    const requestId = registration.headers.get('x-request-id');
    const welcome = (registration.body as Made).jobId;
    const messages = (lines: LogLine[]) =>
      lines.filter((line) => line.requestId === requestId && line.jobId === welcome).map(({ msg }) => msg);
    expect(messages(apiLines)).toContain('the job was handed to the engine');
    const ofWorker = messages(workerLines);
    const count = (message: string): number => ofWorker.filter((msg) => msg === message).length;
    expect([count('the job has started'), count('the job has ended')]).toEqual([1, 1]);
    // Its first attempt failed, and so did another one if the mail server was not back within five seconds.
    expect(count('the attempt has started')).toBeGreaterThanOrEqual(2);
    expect(count('the attempt has ended')).toBe(count('the attempt has started'));
    const [completed] = apiLines.filter((line) => line.requestId === requestId && line.req);
    expect(completed?.req?.path).toBe('/api/auth/register');
  });

  it('lead to a job that the relay started later, too', () => {
    const messages = workerLines
      .filter((line) => line.jobId === relayed && line.requestId === 'a-request-that-died')
      .map(({ msg }) => msg);
    expect(messages).toContain('the job was handed to the engine');
    expect(messages).toContain('the job has ended');
  });
});

/**
 * Returns the history of each run of a job, and all that the engine lists about it, in clear.
 * @throws if a type of job is missing.
 */
async function readHistories(): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  const types = new Set<string>();
  for await (const { workflowId, runId, type, raw } of service.client.workflow.list()) {
    const handle = service.client.workflow.getHandle(workflowId, runId);
    const [history, description] = await Promise.all([handle.fetchHistory(), handle.describe()]);
    texts.set(`${workflowId} ${runId}`, inClear([history, description.raw, raw]));
    types.add(type);
  }
  expect([...types].toSorted()).toEqual(jobs.types.toSorted());
  return texts;
}

/** Runs every type of job, with success and with failure. Returns the response to the registration. */
async function doEverything(api: ServiceProcess): Promise<Answer> {
  const ask = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
    request(api.url, method, path, body, headers);
  const made = async (path: string, body: unknown): Promise<Made> => {
    const answer = await ask('POST', path, body);
    expect(answer.status, `${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
    return answer.body as Made;
  };

  // The mail server's own message, which the first attempt fails with, repeats the address.
  service.mail.refuseWith(451, secret.address);
  const registered = await ask('POST', '/api/auth/register', {
    email: secret.address,
    name: secret.name,
    password: secret.password,
  });
  const user = registered.body as Made;
  await jobWithStatus(service, user.jobId, 'retrying');
  service.mail.refuseWith(undefined);
  await attemptNow(service, user.jobId);
  await jobWithStatus(service, user.jobId, 'completed');

  await ask('POST', '/api/auth/register', {
    email: secret.address,
    name: secret.name,
    password: secret.password,
  });
  await ask('POST', '/api/auth/forgot-password', { email: secret.stranger });
  await ask('POST', '/api/auth/forgot-password', { email: secret.address });
  const token = await eventually(() => {
    const texts = service.mail.to(secret.address).map(({ text }) => text ?? '');
    const [, found] = /token=([\w-]+)/.exec(texts.join('\n')) ?? [];
    if (found === undefined) throw new Error('there is no token yet');
    return found;
  });
  await ask('POST', '/api/auth/reset-password', { token, newPassword: secret.newPassword });
  await ask('GET', `/api/orders?${secret.query}=1`, undefined, {
    authorization: `Bearer ${secret.wrongKey}`,
  });
  await ask('POST', '/api/orders', `{"card": ${secret.card}`);

  const order = (change: object = {}) =>
    made('/api/orders', {
      userId: user.id,
      currency: 'EUR',
      items: [{ sku: 'tea', quantity: 1, unitAmount: 900 }],
      paymentMethod: secret.card,
      ...change,
    });
  await service.fault({ kind: 'status', status: 503, times: 1 });
  const retried = await order();
  await jobWithStatus(service, retried.jobId, 'retrying');
  await attemptNow(service, retried.jobId);
  await jobWithStatus(service, retried.jobId, 'completed');
  const declined = await order({ paymentMethod: secret.declinedCard });
  await jobWithStatus(service, declined.jobId, 'waiting');
  await ask('POST', `/api/orders/${declined.id}/cancel`, { reason: 'for the test' });
  // Money that was taken for goods that do not exist is returned.
  await ask('PUT', '/api/stock/rare', { available: 0 });
  const sold = await order({ items: [{ sku: 'rare', quantity: 1, unitAmount: 900 }] });
  await jobWithStatus(service, sold.jobId, 'completed');
  await runJob(service, 'returnPayment', { orderId: sold.id, reason: 'order_not_fulfilled' });

  for (const type of jobs.schedulable) {
    const input = startable[type];
    if (!input) throw new Error(`${type} is not in the list of this test: add how it is started`);
    const started = await made('/api/jobs', { type, input });
    await jobWithStatus(service, started.jobId, 'completed');
  }
  const erasure = await ask('DELETE', `/api/subjects/${user.id}`);
  await jobWithStatus(service, (erasure.body as Made).jobId, 'completed');
  return registered;
}

/** Commits a start whose request dies before it makes it. */
async function leaveToTheRelay(): Promise<string> {
  const entry = await withLogFields({ requestId: 'a-request-that-died' }, () =>
    service.db.transaction().execute((trx) => enqueueStart(trx, sendWelcomeEmail, { userId: randomUUID() })),
  );
  await service.db
    .updateTable('outbox')
    .set({ nextAttemptAt: new Date() })
    .where('id', '=', entry.id)
    .execute();
  await jobWithStatus(service, entry.jobId, 'failed');
  return entry.jobId;
}
