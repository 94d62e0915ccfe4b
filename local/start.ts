/** `npm start` and, with --watch, `npm run dev`: starts the local stack, keeps it running, and stops it in order. */
import { join } from 'node:path';
import pc from 'picocolors';
import { logFolder, readEnvFile, runStack, type StackInfo } from 'durable-jobs/dev';
import { createCommand, runCommand } from 'durable-jobs/process';
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

await runCommand(
  createCommand('npm start')
    .usage('[-- --watch]')
    .description('Starts the local stack.')
    .option('--watch', 'reload on change, as `npm run dev` does')
    .action(async ({ watch = false }) => process.exit(await start(watch))),
);

/** Runs the stack until it is stopped; returns the exit code. */
function start(watch: boolean): Promise<number> {
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
    '\nTry it: register a user, and find the welcome email in the inbox.\n',
    `  curl -i ${urls.api}/api/auth/register -H 'content-type: application/json' \\`,
    `    -d '${body}'\n`,
  ].join('\n');
}
