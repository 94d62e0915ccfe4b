/**
 * `npm run bench -- [parts] [options]`: measures the service beside its references, in turn, and writes bench/results. See bench/README.md.
 * Exits with 0 if every part was measured to its end.
 */
import './folder.ts';
import { join, resolve } from 'node:path';
import { projectRoot } from '../local/paths.ts';
import { outputOf, runTask } from '../packages/durable-jobs/src/dev/executables.ts';
import { onStopRequest } from '../packages/durable-jobs/src/dev/stop-request.ts';
import { StoppedError } from '../packages/durable-jobs/src/dev/wait.ts';
import { readRunOptions, type RunOptions } from './arguments.ts';
import { installLocked } from '../local/install-locked.ts';
import { loadAverage, QUIET } from './load.ts';
import { machine } from './machine.ts';
import type { Conditions } from './part.ts';
import { parts } from './parts/index.ts';
import { writeResult } from './results.ts';
import { measurePart } from './rounds.ts';

process.exit(await main(readRunOptions(parts)));

async function main(options: RunOptions): Promise<number> {
  const stopping = new AbortController();
  onStopRequest((reason) => stopping.abort(new StoppedError(`stopped (${reason})`)));
  const { signal } = stopping;
  const load = loadAverage();
  if (load > QUIET && !options.anyLoad) {
    console.error(
      `The load average is ${load.toFixed(2)}, more than ${QUIET}: other programs would be measured too. Wait until it has fallen, or use --any-load.`,
    );
    return 1;
  }
  try {
    await installLocked(join(projectRoot, 'bench', 'peers'), signal);
    if (!options.sources) {
      console.log('Building (npm run build).');
      await runTask('npm', ['run', 'build'], { cwd: projectRoot, timeoutMs: 900_000, signal });
    }
    const commit = await outputOf('git', ['-C', projectRoot, 'rev-parse', '--short', 'HEAD']);
    const conditions: Conditions = {
      machine: machine(),
      engine: options.engine,
      built: !options.sources,
      commit: commit?.trim() ?? 'unknown',
      loadAverage: load,
    };
    const folder = resolve(projectRoot, options.out ?? join('bench', 'results'));
    let failed = false;
    for (const part of options.parts) {
      const sizes = options.sizesOf(part);
      console.log(`\n== ${part.title}: ${JSON.stringify(sizes)}`);
      const result = await measurePart(part, {
        sizes,
        rounds: options.rounds,
        conditions: {
          ...conditions,
          engine: options.engine === 'dev' ? (part.engine ?? 'dev') : options.engine,
        },
        signal,
        report: (line) => console.log(line),
      });
      failed ||= result.failure !== undefined;
      // Was left out: the results of an earlier run stay.
      if (result.contenders.length === 0 && result.failure === undefined) continue;
      writeResult(
        folder,
        result,
        parts.map(({ name }) => name),
      );
      console.log(`  ${result.seconds} s; written to ${folder}`);
    }
    return failed ? 1 : 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
}
