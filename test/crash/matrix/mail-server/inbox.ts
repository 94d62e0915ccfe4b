import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { nodeProcess } from '../../../../local/node-process.ts';
import type { ProcessSpec } from '../../../../packages/durable-jobs/src/dev/supervised-process.ts';

/** An email in the inbox, with the time of its arrival in ISO 8601. */
export interface ReceivedMail {
  messageId: string;
  to: string;
  at: string;
}

/** The inbox of a mail server that is a process of its own. What it has received outlasts the process. */
export interface Inbox {
  spec: ProcessSpec;
  /** Everything that was ever accepted. */
  read: () => Promise<ReceivedMail[]>;
  /** Responds to every recipient with this SMTP code; undefined accepts emails again. */
  refuseWith: (code: number | undefined) => Promise<void>;
}

/** Returns an inbox whose files are in a folder, and how to run its server. */
export function createInbox({
  folder,
  port,
  logFile,
}: {
  folder: string;
  port: number;
  logFile: string;
}): Inbox {
  const inboxFile = join(folder, 'inbox.jsonl');
  const refusalFile = join(folder, 'inbox-refuses');
  const { args, ...node } = nodeProcess('test/crash/matrix/mail-server/main.ts');
  return {
    spec: {
      ...node,
      name: 'mail server',
      args: [...args, String(port), inboxFile, refusalFile],
      env: { PATH: process.env.PATH, HOME: process.env.HOME },
      logFile,
      isReady: () => accepts(port),
      stopSignal: 'SIGTERM',
      stopGraceMs: 10_000,
    },
    read: async () => {
      if (!existsSync(inboxFile)) return [];
      const lines = (await readFile(inboxFile, 'utf8')).split('\n');
      // What follows the last line feed was cut off by the death of the server, which has not accepted it.
      return lines.slice(0, -1).map((line) => JSON.parse(line) as ReceivedMail);
    },
    refuseWith: (code) =>
      code === undefined ? rm(refusalFile, { force: true }) : writeFile(refusalFile, String(code)),
  };
}

/** Whether a port of this machine accepts connections. */
function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
      .on('connect', () => {
        socket.destroy();
        resolve(true);
      })
      .on('error', () => resolve(false));
  });
}
