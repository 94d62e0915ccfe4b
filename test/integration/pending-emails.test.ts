import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPendingEmails } from '../../packages/durable-jobs/src/emails/pending-emails.ts';
import type { EmailView } from '../../packages/durable-jobs/src/emails/json.ts';
import { createMailer, type Mailer } from '../../packages/durable-jobs/src/mail/mailer.ts';
import { composeEmail } from '../../domain/mail/compose.ts';
import { sendOnce } from '../../packages/durable-jobs/src/emails/send-once.ts';
import { reservePort } from '../../packages/durable-jobs/src/dev/ports.ts';
import { gate } from '../support/gate.ts';
import { eventually } from '../support/jobs.ts';
import { startMailSink } from '../support/mail-sink.ts';
import { runService, type RunningService } from '../support/service-scope.ts';
import { useService } from '../support/service.ts';

const service = useService({ workers: false });
const closers: (() => unknown)[] = [];
let mailer: Mailer;

const mailerFor = (smtpUrl: string): Mailer => {
  const made = createMailer({ smtpUrl, from: 'shop@example.com' });
  closers.push(() => made.close());
  return made;
};
const run = (ofMailer = mailer): RunningService => {
  const running = runService('pending-emails', createPendingEmails({ mailer: ofMailer }), service);
  closers.push(() => running.stop());
  return running;
};

beforeEach(async () => {
  await service.db.deleteFrom('emails').execute();
  service.mail.mails.length = 0;
  mailer = mailerFor(service.mail.url);
});
afterEach(async () => {
  service.mail.refuseWith(undefined);
  for (const close of closers.splice(0).reverse()) await close();
});

const newAddress = (): string => `ada-${randomUUID()}@example.com`;

/** What any program does that knows the table, and nothing else of this service. */
const insertPlainly = (recipient: string, subject = 'Hello', body = 'Hello Ada') =>
  sql`INSERT INTO emails (recipient, subject, body_text) VALUES (${recipient}, ${subject}, ${body})`.execute(
    service.db,
  );

const rowOf = (recipient: string) =>
  service.db.selectFrom('emails').selectAll().where('recipient', '=', recipient).executeTakeFirstOrThrow();

const withStatus = (recipient: string, status: string) =>
  eventually(async () => {
    const row = await rowOf(recipient);
    expect(row).toMatchObject({ status });
    return row;
  });

describe('an email that another program inserts by plain SQL', () => {
  it('is sent at once, with the Message-ID of its row, as text and as HTML generated from it', async () => {
    run();
    const ada = newAddress();
    await insertPlainly(ada, 'Grüße & <more>', 'Hello <Ada>,\nhow are you?\n\nBye');
    const row = await withStatus(ada, 'sent');
    expect(row).toMatchObject({ sender: 'service', template: 'message', attempts: 1, lastError: null });
    const [mail] = service.mail.to(ada);
    expect(mail).toMatchObject({ subject: 'Grüße & <more>', messageId: `<${row.messageId}>` });
    expect(mail?.text).toContain('Hello <Ada>,\nhow are you?');
    expect(mail?.html).toContain('Hello &lt;Ada&gt;,\nhow are you?</p>');
    expect(mail?.html).toContain('<title>Grüße &amp; &lt;more&gt;</title>');
  });

  it('sends its own HTML if it has any', async () => {
    run();
    const ada = newAddress();
    await sql`INSERT INTO emails (recipient, subject, body_html) VALUES (${ada}, 'Hello', '<p>Hello <b>Ada</b></p>')`.execute(
      service.db,
    );
    await withStatus(ada, 'sent');
    expect(service.mail.to(ada)[0]?.html).toContain('<b>Ada</b>');
  });

  it('is sent once, however many there are in one statement', async () => {
    run();
    await sql`INSERT INTO emails (recipient, subject, body_text)
      SELECT 'ada-' || n || '@example.com', 'Hello', 'Hello' FROM generate_series(1, 100) AS n`.execute(
      service.db,
    );
    await eventually(async () => {
      const rows = await service.db.selectFrom('emails').select('status').execute();
      expect(rows.every(({ status }) => status === 'sent')).toBe(true);
    });
    expect(service.mail.mails).toHaveLength(100);
    expect(new Set(service.mail.mails.map(({ messageId }) => messageId)).size).toBe(100);
  });
});

describe('an email that cannot be sent', () => {
  const cases: [string, Record<string, string>, RegExp][] = [
    [
      'a line break in the recipient',
      { recipient: 'ada@example.com\r\nBcc: eve@example.com' },
      /recipient: must be one email address/,
    ],
    ['two recipients', { recipient: 'ada@example.com, eve@example.com' }, /recipient: must be one/],
    ['no address', { recipient: 'Ada' }, /recipient: must be one/],
    ['a header in the subject', { subject: 'Hello\r\nBcc: eve@example.com' }, /subject: must be one line/],
    ['no subject', { subject: '' }, /subject: is missing/],
    ['a header in the Message-ID', { messageId: 'a@b>\r\nBcc: eve@example.com' }, /message_id: must be like/],
    ['nothing to say', { bodyText: '' }, /body_text: is missing/],
    ['more than fits', { bodyText: 'x'.repeat(2_000_001) }, /exceeds 2000000 bytes/],
  ];

  it('is dead with the reason, and keeps nothing from those behind it', async () => {
    for (const [, fields] of cases) {
      await service.db
        .insertInto('emails')
        .values({ recipient: 'ada@example.com', subject: 'Hello', bodyText: 'Hello', ...fields })
        .execute();
    }
    const ada = newAddress();
    await insertPlainly(ada);
    const running = run();
    await withStatus(ada, 'sent');
    const dead = await eventually(async () => {
      const { body } = await service.request('GET', '/api/emails?status=dead');
      const { items } = body as { items: EmailView[] };
      expect(items).toHaveLength(cases.length);
      return items;
    });
    for (const [name, , reason] of cases) {
      expect(dead.filter(({ lastError }) => reason.test(lastError ?? '')).length, name).toBeGreaterThan(0);
    }
    expect(JSON.stringify(dead)).not.toContain('eve@');
    expect(JSON.stringify(dead)).not.toContain('ada@');
    expect(service.mail.mails).toHaveLength(1);
    await eventually(() =>
      expect(running.reports.filter(({ failed }) => failed === 1)).toHaveLength(cases.length),
    );
  });
});

describe('an email that the mail server does not take', () => {
  it('is dead if it is permanently refused, and is sent after a requeue with the same Message-ID', async () => {
    run();
    const ada = newAddress();
    service.mail.refuseWith(550, ada);
    await insertPlainly(ada);
    const { id, messageId } = await withStatus(ada, 'dead');
    const { body } = await service.request('GET', `/api/emails/${id}`);
    expect(body).toMatchObject({
      status: 'dead',
      attempts: 1,
      recipient: 'a***@example.com',
      lastError: 'the mail server refused the email (EENVELOPE 550)',
    });
    expect(JSON.stringify(body)).not.toContain('Hello');

    service.mail.refuseWith(undefined);
    const requeued = await service.request('POST', `/api/emails/${id}/requeue`);
    expect(requeued).toMatchObject({ status: 202, body: { status: 'pending', attempts: 0 } });
    await withStatus(ada, 'sent');
    expect(service.mail.to(ada).map(({ messageId }) => messageId)).toEqual([`<${messageId}>`]);
    expect(await service.request('POST', `/api/emails/${id}/requeue`)).toMatchObject({
      status: 409,
      body: { code: 'email_not_dead' },
    });
  });

  it.each([451, 421])('is retried after a minute if it is temporarily refused, with %i', async (code) => {
    run();
    const ada = newAddress();
    const eve = newAddress();
    service.mail.refuseWith(code, ada);
    await insertPlainly(ada);
    const row = await eventually(async () => {
      const found = await rowOf(ada);
      expect(found).toMatchObject({ status: 'pending', attempts: 1, leasedUntil: null });
      return found;
    });
    const waitMs = row.nextAttemptAt.getTime() - row.createdAt.getTime();
    expect(waitMs).toBeGreaterThanOrEqual(60_000);
    expect(waitMs).toBeLessThan(120_000);
    // It does not delay the others.
    await insertPlainly(eve);
    await withStatus(eve, 'sent');
  });

  it('is dead after its twelfth attempt', async () => {
    const ada = newAddress();
    service.mail.refuseWith(451, ada);
    await insertPlainly(ada);
    await service.db.updateTable('emails').set({ attempts: 11 }).execute();
    run();
    expect(await withStatus(ada, 'dead')).toMatchObject({ attempts: 12 });
  });
});

it('loses nothing while the mail server is down, counts no attempt, and does not spin', async () => {
  const { port, release } = await reservePort();
  closers.push(release);
  // Closes connections immediately, and counts them.
  let connections = 0;
  const down = createServer((socket) => {
    connections++;
    socket.on('error', () => undefined);
    socket.destroy();
  });
  down.listen(port, '127.0.0.1');
  await once(down, 'listening');
  const running = run(mailerFor(`smtp://127.0.0.1:${port}`));
  const begun = performance.now();
  await sql`INSERT INTO emails (recipient, subject, body_text)
    SELECT 'ada-' || n || '@example.com', 'Hello', 'Hello' FROM generate_series(1, 40) AS n`.execute(
    service.db,
  );
  const rounds = () => running.reports.filter(({ error }) => error !== undefined).length;
  await eventually(() => expect(rounds()).toBeGreaterThanOrEqual(2));
  // It waits for a second after the first round.
  expect(performance.now() - begun).toBeGreaterThan(900);
  // Three senders with two connections each, and one check whether the server is available. The next round may have begun.
  expect(connections).toBeLessThanOrEqual((rounds() + 1) * (3 * 2 + 1));
  const waiting = await service.db.selectFrom('emails').selectAll().execute();
  expect(waiting.every(({ status, attempts }) => status === 'pending' && attempts === 0)).toBe(true);
  expect(waiting.some(({ lastError }) => lastError?.startsWith('the mail server could not accept'))).toBe(
    true,
  );

  down.close();
  await once(down, 'close');
  const up = await startMailSink(port);
  closers.unshift(() => up.close());
  await eventually(async () => {
    const rows = await service.db.selectFrom('emails').select(['status', 'attempts']).execute();
    expect(rows.every(({ status, attempts }) => status === 'sent' && attempts === 1)).toBe(true);
  }, 120_000);
  expect(up.mails).toHaveLength(40);
});

describe('the emails of jobs', () => {
  it('are never sent by the service, whatever their job does', async () => {
    const ada = newAddress();
    service.mail.refuseWith(451, ada);
    const email = { key: `welcome:${ada}`, ...composeEmail('welcome', { name: 'Ada' }) };
    const send = () => sendOnce(service.db, mailer, { ...email, userId: null, recipient: ada });
    await expect(send()).rejects.toThrow();
    // As a worker of an earlier release writes them.
    await sql`INSERT INTO emails (key, template, recipient, message_id)
      VALUES ('welcome:old', 'welcome', 'old@example.com', 'welcome.old@durable-jobs')`.execute(service.db);
    service.mail.refuseWith(undefined);
    run();
    const eve = newAddress();
    await insertPlainly(eve);
    await withStatus(eve, 'sent');
    expect(await rowOf(ada)).toMatchObject({ status: 'pending', sender: 'job', attempts: 1 });
    expect(await rowOf('old@example.com')).toMatchObject({ status: 'pending', sender: 'job', attempts: 0 });
    expect(service.mail.mails).toHaveLength(1);
    await send();
    expect(service.mail.to(ada)).toHaveLength(1);
  });

  it('are listed with the others, and are not the service to requeue', async () => {
    const ada = newAddress();
    service.mail.refuseWith(550, ada);
    const email = { key: `welcome:${ada}`, ...composeEmail('welcome', { name: 'Ada' }) };
    await expect(sendOnce(service.db, mailer, { ...email, userId: null, recipient: ada })).rejects.toThrow();
    const { body } = await service.request('GET', '/api/emails?status=dead&sender=job');
    const { items } = body as { items: EmailView[] };
    expect(items).toMatchObject([{ template: 'welcome', recipient: 'a***@example.com' }]);
    expect(await service.request('POST', `/api/emails/${items[0]?.id}/requeue`)).toMatchObject({
      status: 409,
      body: { code: 'email_of_job' },
    });
  });
});

it('leaves an email to the process that has taken it, until its lease is over', async () => {
  const ada = newAddress();
  await insertPlainly(ada);
  const lease = (seconds: number) =>
    service.db
      .updateTable('emails')
      .set({ leasedUntil: sql<Date>`now() + make_interval(secs => ${seconds})` })
      .where('recipient', '=', ada)
      .execute();
  await lease(3_600);
  run();
  const eve = newAddress();
  await insertPlainly(eve);
  await withStatus(eve, 'sent');
  expect(await rowOf(ada)).toMatchObject({ status: 'pending' });
  await lease(-1);
  await insertPlainly(newAddress());
  await withStatus(ada, 'sent');
  expect(service.mail.to(ada)).toHaveLength(1);
});

it('does not send an email that was withdrawn after it was taken', async () => {
  const go = gate();
  const begun: string[] = [];
  const slow: Mailer = {
    send: ({ to }) => {
      begun.push(to);
      return go.opened;
    },
    check: () => Promise.resolve(),
    close: () => undefined,
  };
  const recipients = Array.from({ length: 5 }, newAddress);
  for (const recipient of recipients) await insertPlainly(recipient);
  run(slow);
  // Three are sent at the same time; the others of the round are claimed, and wait.
  await eventually(async () => {
    expect(begun).toHaveLength(3);
    for (const recipient of recipients) expect((await rowOf(recipient)).leasedUntil).not.toBeNull();
  });
  const [withdrawn = '', other = ''] = recipients.filter((recipient) => !begun.includes(recipient));
  await service.db
    .updateTable('emails')
    .set({ status: 'withdrawn' })
    .where('recipient', '=', withdrawn)
    .execute();
  go.open();
  await withStatus(other, 'sent');
  expect(begun).toHaveLength(4);
  expect(await rowOf(withdrawn)).toMatchObject({ status: 'withdrawn', sentAt: null });
});

it('lists emails a page at a time', async () => {
  for (let n = 0; n < 3; n++) await insertPlainly(newAddress());
  const first = await service.request('GET', '/api/emails?status=pending&limit=2');
  const { items, nextCursor } = first.body as { items: EmailView[]; nextCursor: string };
  expect(items).toHaveLength(2);
  const second = await service.request('GET', `/api/emails?status=pending&limit=2&cursor=${nextCursor}`);
  expect((second.body as { items: EmailView[]; nextCursor: null }).items).toHaveLength(1);
  expect(await service.request('GET', '/api/emails?status=lost')).toMatchObject({ status: 400 });
});
