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
import { mutatedModules } from './modules.ts';
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
interface Choice {
  name: string;
  files: readonly string[];
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
  if (named) return { name: argument, files: named };
  const found = Object.entries(mutatedModules).find(([, files]) => files.includes(argument));
  if (found) return { name: found[0], files: [argument] };
  throw new UsageError(`${quoted(argument)} is no module and no file of one: see test/mutation/modules.ts.`);
}

async function mutate(
  { name, files }: Choice,
  { concurrency, signal }: { concurrency: number; signal: AbortSignal },
): Promise<FileResult[]> {
  const reportFile = join(output, `${name}.report.json`);
  const configFile = join(output, `${name}.json`);
  const config = {
    mutate: files,
    testRunner: 'vitest',
    vitest: { configFile: 'test/mutation/vitest.config.ts' },
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
  await runTask(
    process.execPath,
    [join(tools, 'node_modules/@stryker-mutator/core/bin/stryker.js'), 'run', configFile],
    {
      cwd: projectRoot,
      timeoutMs: MODULE_MS,
      onLine: (line) => console.log(`  ${line}`),
      signal,
    },
  );
  return readReport(JSON.parse(await readFile(reportFile, 'utf8')) as MutationReport);
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
