/** `npm start` and, with --watch, `npm run dev`: starts the local stack, keeps it running, and stops it in order. */
import { join } from 'node:path';
import pc from 'picocolors';
import { readEnvFile } from '../packages/durable-jobs/src/dev/env-file.ts';
import { runStack } from '../packages/durable-jobs/src/dev/run-stack.ts';
import { logFolder, type StackInfo } from '../packages/durable-jobs/src/dev/stack-file.ts';
import {
  readCommandLine,
  requireNone,
  UsageError,
  usageText,
} from '../packages/durable-jobs/src/process/command-line.ts';
import { projectRoot, stateDir } from './paths.ts';
import { PAYMENT_SANDBOX } from './payment-sandbox.ts';
import { createLocalStack } from './stack.ts';

/** The sources of the API and the worker. */
const WATCHED = [
  'api',
  'worker',
  'workflows',
  'activities',
  'contracts',
  'schedules',
  'domain',
  'packages/durable-jobs/src',
];

process.exit(await runStart(process.argv.slice(2)));

/** Reads the command line, and runs the stack that it requests; returns the exit code. */
async function runStart(args: readonly string[]): Promise<number> {
  let watch: boolean;
  try {
    const { help, values, positionals } = readCommandLine(args, { watch: 'boolean' });
    if (help) {
      console.log(
        'Usage: npm start [-- --watch]\n\nStarts the local stack. With --watch, as `npm run dev`, it reloads on change.',
      );
      return 0;
    }
    requireNone(positionals);
    watch = values.watch === true;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(usageText(error));
    return 2;
  }
  return runStack({
    title: `Starting durable-jobs${watch ? ', reloading on change' : ''}`,
    stateDir,
    createStack: (context) =>
      createLocalStack({
        ...context,
        // What the shell has set wins over the file.
        env: { ...readEnvFile(join(projectRoot, '.env')), ...process.env },
        reloads: watch,
      }),
    welcome,
    ...(watch && { watch: { folder: projectRoot, paths: WATCHED } }),
  });
}

/** What there is, and what to try first. */
function welcome({ urls, ownUrls, apiKey }: StackInfo, time: string): string {
  const rows = [
    ['API', urls.api],
    ['health', `${urls.api}/readyz, worker ${urls.workerHealth}/readyz`],
    ['metrics', `${urls.apiMetrics}, worker ${urls.workerHealth}/metrics`],
    ['Temporal Web UI', urls.temporalUi],
    ['inbox', urls.inbox],
    ['payment sandbox', ownUrls[PAYMENT_SANDBOX]],
    ['PostgreSQL', urls.database],
    ['API key', apiKey],
    ['logs', logFolder(stateDir)],
  ].flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [`  ${(name ?? '').padEnd(17)}${value}`],
  );
  // An address of its own for each start: the second registration of one is refused.
  const body = JSON.stringify({
    email: `ada+${Date.now().toString(36)}@example.com`,
    name: 'Ada',
    password: 'correct horse battery staple',
  });
  return [
    `\n${pc.green(pc.bold('Ready'))} in ${time}. Ctrl-C stops it.\n`,
    ...rows,
    '\nTry it: register a user, and see the email in the inbox.\n',
    `  curl -i ${urls.api}/api/auth/register -H 'content-type: application/json' \\`,
    `    -d '${body}'\n`,
  ].join('\n');
}
