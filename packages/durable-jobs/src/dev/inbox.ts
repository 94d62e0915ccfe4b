import { fileURLToPath } from 'node:url';
import { requireDevPackage } from './dev-package.ts';
import { ensureDir } from './paths.ts';
import { answersOk } from './stack-environment.ts';
import { startProcess, type ProcessSpec, type RunningProcess } from './supervised-process.ts';

/** Options of the inbox. */
export interface InboxOptions {
  smtpPort: number;
  webPort: number;
  logFile: string;
  /** Folder that keeps the emails across restarts. */
  mailDir: string;
}

/** More than anyone reads; the oldest are removed. */
const MAX_MAILS = 2_000;

/**
 * Returns how to run an SMTP server that delivers nothing and shows received emails on a web page.
 * @throws if maildev is not installed.
 */
export function inboxSpec(options: InboxOptions): ProcessSpec {
  requireDevPackage('maildev', 'The inbox');
  return {
    name: 'inbox',
    command: process.execPath,
    args: [
      fileURLToPath(new URL('inbox-main.mjs', import.meta.url)),
      ...['--smtp', String(options.smtpPort), '--ip', '127.0.0.1'],
      ...['--web', String(options.webPort), '--web-ip', '127.0.0.1'],
      ...['--mail-directory', options.mailDir, '--max-emails', String(MAX_MAILS)],
    ],
    env: process.env,
    // It reads configuration files from its working directory.
    cwd: ensureDir(options.mailDir),
    logFile: options.logFile,
    isReady: answersOk(`http://127.0.0.1:${options.webPort}/api/healthz`),
    readyTimeoutMs: 30_000,
    stopSignal: 'SIGTERM',
    stopGraceMs: 5_000,
  };
}

/** Starts the inbox and waits until its page is available. */
export async function startInbox(
  options: InboxOptions,
): Promise<{ smtpUrl: string; inboxUrl: string; process: RunningProcess; stop: () => Promise<void> }> {
  const process = await startProcess(inboxSpec(options));
  return {
    smtpUrl: `smtp://127.0.0.1:${options.smtpPort}`,
    inboxUrl: `http://127.0.0.1:${options.webPort}`,
    process,
    stop: async () => {
      await process.stop();
    },
  };
}
