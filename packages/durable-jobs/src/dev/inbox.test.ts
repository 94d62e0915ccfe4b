import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startInbox } from './inbox.ts';
import { reservePort } from './ports.ts';

it('stops at once, even while clients are connected to it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'inbox-'));
  const [smtp, web] = await Promise.all([reservePort(), reservePort()]);
  const inbox = await startInbox({
    smtpPort: smtp.port,
    webPort: web.port,
    logFile: join(folder, 'inbox.log'),
    mailDir: join(folder, 'mails'),
  });
  // A mail client that says nothing, a browser that keeps its connection, and a request that is not complete.
  const client = connect(smtp.port, '127.0.0.1');
  const browser = connect(web.port, '127.0.0.1');
  const half = connect(web.port, '127.0.0.1');
  for (const socket of [client, browser, half]) socket.on('error', () => undefined);
  browser.write('GET /api/email HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
  half.write('POST /api/email HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{');
  await Promise.all([once(client, 'data'), once(browser, 'data')]);
  // Otherwise it would be killed.
  expect(await inbox.process.stop()).toEqual({ code: 0, signal: null });
  for (const socket of [client, browser, half]) socket.destroy();
  smtp.release();
  web.release();
  rmSync(folder, { recursive: true });
});
