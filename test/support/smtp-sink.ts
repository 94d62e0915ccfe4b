import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer } from 'smtp-server';

/** An SMTP server that stores the emails it receives, and that a test can make fail. */
export interface MailSink {
  url: string;
  port: number;
  mails: ParsedMail[];
  /** Returns the emails to an address, in the order of their arrival. */
  to: (address: string) => ParsedMail[];
  /** Responds to every recipient, or only to the given one, with this SMTP code; undefined accepts emails again. */
  refuseWith: (code: number | undefined, recipient?: string) => void;
  close: () => Promise<void>;
}

/**
 * Starts a {@link MailSink} on a port, or on a free one. `received` is called with each email before it is accepted; `refusal` returns the code
 * with which a recipient is refused, if any.
 */
export async function startSmtpSink({
  port = 0,
  received = () => undefined,
  refusal: refusalNow = () => undefined,
}: {
  port?: number;
  received?: (mail: ParsedMail) => void;
  refusal?: () => number | undefined;
} = {}): Promise<MailSink> {
  const mails: ParsedMail[] = [];
  let refusal: { code: number; recipient: string | undefined } | undefined;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo: ({ address }, _session, callback) => {
      const isMeant = refusal && (refusal.recipient ?? address) === address;
      const responseCode = isMeant ? refusal?.code : refusalNow();
      callback(
        responseCode === undefined ? undefined : Object.assign(new Error('refused'), { responseCode }),
      );
    },
    onData: (stream, _session, callback) => {
      simpleParser(stream).then(
        (mail) => {
          mails.push(mail);
          received(mail);
          callback();
        },
        (error: unknown) => callback(error as Error),
      );
    },
  });
  // A sender that is killed breaks its connection in the middle of an email, which is not an error of the test.
  server.on('error', () => undefined);
  server.listen(port, '127.0.0.1');
  await once(server.server, 'listening');
  const address = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${address.port}`,
    port: address.port,
    mails,
    to: (address) =>
      mails.filter((mail) =>
        [mail.to].flat().some((to) => to?.value.some((entry) => entry.address === address)),
      ),
    refuseWith: (code, recipient) => {
      refusal = code === undefined ? undefined : { code, recipient };
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
