/**
 * `npm run mutation -- [modules or files]`: changes the code of modules that keep promises, one small change after the other, and runs the
 * tests that judge them. Prints a table, and the changes that no test noticed and nothing explains. Exits with 0 if each module has a score
 * of 85 %, or all such changes are explained.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { createCommand, parseArguments, UsageError, usageText } from 'durable-jobs/process';
import { quoted, wholeNumber } from 'durable-jobs/values';
import { installLocked } from '../../local/install-locked.ts';
import { projectRoot } from '../../local/paths.ts';
import { printTable } from '../../packages/durable-jobs/src/cli/print-table.ts';
import { runTask } from '../../packages/durable-jobs/src/dev/executables.ts';
import { onStopRequest } from '../../packages/durable-jobs/src/dev/stop-request.ts';
import { StoppedError } from '../../packages/durable-jobs/src/dev/wait.ts';
import { createParts } from '../support/parts.ts';
import { mutatedModules, type MutatedModule } from './modules.ts';
import { JUDGES, type Judges } from './judges.ts';
import { readReport, scoreOf, type FileResult, type MutationReport } from './report.ts';

/** The score at which survivors need no explanation, in percent. */
const ENOUGH = 85;

/** For one run of the tests that notice a change, beyond the time that they take without it. */
const TIMEOUT_MS = 30_000;

/** For all runs of one module. */
const MODULE_MS = 6 * 3_600_000;

const tools = join(projectRoot, 'test', 'mutation', 'stryker');
const output = join(projectRoot, '.state', 'mutation');
/** Where Stryker copies the project. */
const copies = join(output, 'copy');

/** Files of a module that are to be changed. */
interface Choice extends MutatedModule {
  name: string;
}

process.exit(await main());

async function main(): Promise<number> {
  const options = readOptions();
  const stopping = new AbortController();
  onStopRequest((reason) => stopping.abort(new StoppedError(`stopped (${reason})`)));
  try {
    await installLocked(tools, stopping.signal);
    await mkdir(output, { recursive: true });
    let failed = false;
    for (const choice of options.choices) {
      const results = await mutate(choice, { ...options, signal: stopping.signal });
      if (!isGood(choice.name, results)) failed = true;
    }
    return failed ? 1 : 0;
  } catch (error) {
    if (stopping.signal.aborted) return 130;
    throw error;
  } finally {
    // What a run left that was stopped.
    await rm(copies, { recursive: true, force: true });
  }
}

function readOptions(): { choices: Choice[]; concurrency: number } {
  const names = Object.keys(mutatedModules);
  const command = createCommand('npm run mutation --')
    .argument('[modules...]', `modules, or files of one; all by default: ${names.join(', ')}`)
    .option('--concurrency <count>', 'changes that are judged at the same time', (text) => {
      const parsed = wholeNumber(1, 64).safeParse(text);
      if (parsed.success) return parsed.data;
      throw new UsageError(`--concurrency must be a whole number from 1 to 64, but is ${quoted(text)}.`);
    });
  try {
    if (!parseArguments(command)) process.exit(0);
    const chosen = command.args.length === 0 ? names : command.args;
    return { choices: chosen.map(choose), concurrency: command.opts().concurrency ?? 1 };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(usageText(error));
    process.exit(2);
  }
}

function choose(argument: string): Choice {
  const named = mutatedModules[argument];
  if (named) return { name: argument, ...named };
  const found = Object.entries(mutatedModules).find(([, { files }]) => files.includes(argument));
  if (found) return { name: found[0], ...found[1], files: [argument] };
  throw new UsageError(`${quoted(argument)} is no module and no file of one: see test/mutation/modules.ts.`);
}

async function mutate(
  { name, files, integration }: Choice,
  { concurrency, signal }: { concurrency: number; signal: AbortSignal },
): Promise<FileResult[]> {
  const reportFile = join(output, `${name}.report.json`);
  const configFile = join(output, `${name}.json`);
  const config = {
    mutate: files,
    testRunner: 'vitest',
    // An integration test imports the whole service, so its imports do not tell which module it judges.
    vitest: { configFile: 'test/mutation/vitest.config.ts', related: integration === undefined },
    plugins: [join(tools, 'node_modules', '@stryker-mutator', 'vitest-runner', 'dist', 'src', 'index.js')],
    coverageAnalysis: 'perTest',
    concurrency,
    timeoutMS: TIMEOUT_MS,
    reporters: ['json', 'progress-append-only'],
    jsonReporter: { fileName: reportFile },
    tempDirName: relative(projectRoot, copies),
    cleanTempDir: 'always',
    ignorePatterns: [
      '.state',
      'dist',
      'docs/images',
      'bench/results',
      '/bench/peers',
      '/test/mutation/stryker',
    ],
    allowConsoleColors: false,
    thresholds: { high: 100, low: ENOUGH, break: null },
  };
  await writeFile(configFile, JSON.stringify(config, null, 2));
  console.log(`\n${name}`);
  const stryker = (judges?: Judges): Promise<string> =>
    runTask(
      process.execPath,
      [join(tools, 'node_modules/@stryker-mutator/core/bin/stryker.js'), 'run', configFile],
      {
        cwd: projectRoot,
        env: { ...process.env, ...(judges && { [JUDGES]: JSON.stringify(judges) }) },
        timeoutMs: MODULE_MS,
        onLine: (line) => console.log(`  ${line}`),
        signal,
      },
    );
  await (integration ? withServers(integration, stryker) : stryker());
  return readReport(JSON.parse(await readFile(reportFile, 'utf8')) as MutationReport);
}

/** Runs a task with the integration tests of a module, and servers for them that outlive the processes which Stryker ends. */
async function withServers(
  integration: readonly string[],
  task: (judges: Judges) => Promise<unknown>,
): Promise<void> {
  // A change may put secrets into histories: the tests judge that.
  const parts = createParts({ searchHistories: false });
  try {
    const tests = integration.map((test) => `test/integration/${test}.test.ts`);
    const provided = await Promise.all(
      (['folder', 'postgres', 'temporal', 'compiled'] as const).map((name) => parts.get(name)),
    );
    await task({ tests, provide: Object.assign({}, ...provided) as Judges['provide'] });
  } finally {
    await parts.close();
  }
}

/** Prints the results of a module, and returns whether they are good enough. */
function isGood(name: string, results: readonly FileResult[]): boolean {
  const sum = (of: (result: FileResult) => number): number =>
    results.reduce((total, result) => total + of(result), 0);
  const total: FileResult = {
    file: name,
    mutants: sum(({ mutants }) => mutants),
    killed: sum(({ killed }) => killed),
    survived: results.flatMap(({ survived }) => survived),
  };
  printTable([
    ['file', 'changes', 'killed', 'survived', 'explained', 'score'],
    ...[...results, total].map((result) => [
      result.file,
      String(result.mutants),
      String(result.killed),
      String(result.survived.length),
      String(result.survived.filter(({ because }) => because !== undefined).length),
      `${scoreOf(result).toFixed(1)} %`,
    ]),
  ]);
  const unexplained = total.survived.filter(({ because }) => because === undefined);
  for (const { text } of unexplained) console.log(`  ${text}`);
  return scoreOf(total) >= ENOUGH || unexplained.length === 0;
}
