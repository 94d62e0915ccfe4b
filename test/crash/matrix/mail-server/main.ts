/**
 * An SMTP server of its own process, which keeps its inbox in a file of JSON lines: an email is accepted when its line is written, so that a
 * `kill -9` loses none. While the refusal file exists, it responds to every recipient with the code that the file contains.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { startSmtpSink } from '../../../support/smtp-sink.ts';
import type { ReceivedMail } from './inbox.ts';

const [port = '', inboxFile = '', refusalFile = ''] = process.argv.slice(2);

const server = await startSmtpSink({
  port: Number(port),
  received: ({ messageId = '', to }) => {
    const mail: ReceivedMail = {
      messageId: messageId.replace(/^<|>$/g, ''),
      to: [to].flat()[0]?.text ?? '',
      at: new Date().toISOString(),
    };
    appendFileSync(inboxFile, `${JSON.stringify(mail)}\n`);
  },
  refusal: () => {
    try {
      return Number(readFileSync(refusalFile, 'utf8'));
    } catch {
      return undefined;
    }
  },
});
const stop = (): void => void server.close().then(() => process.exit(0));
process.once('SIGTERM', stop);
// The process that has started it is gone.
process.once('disconnect', stop);
