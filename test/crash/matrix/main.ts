/**
 * `npm run crash -- --rounds 10 --seed 1 --seconds 60`: runs rounds of load and faults against a stack of its own, and checks the promises
 * after each. The seeds are consecutive, and a round does the same for the same seed and length. Exits with 1 if a promise was broken.
 */
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { randomInt } from 'node:crypto';
import { readCounts } from '../../../bench/arguments.ts';
import { projectRoot } from '../../../local/paths.ts';
import { onStopRequest } from '../../../packages/durable-jobs/src/dev/stop-request.ts';
import { quietRuntime } from '../../../packages/durable-jobs/src/testing/quiet-runtime.ts';
import { createParts } from '../../support/parts.ts';
import { startOwnParts, type OwnParts } from './own-parts.ts';
import { describeFault, makePlan, type Plan } from './plan.ts';
import { keepFailedHistories } from './read-histories.ts';
import { runRound, type RoundResult } from './round.ts';
import { startMatrixStack, type MatrixStack } from './stack.ts';
import { describeRound, summaryTable } from './table.ts';

/** Faults of a round: the longer it lasts, the more. */
const SECONDS_PER_FAULT = 6;

process.exit(await main());

async function main(): Promise<number> {
  const given = readCounts('crash', { rounds: 1, seed: randomInt(1, 1_000_000), seconds: 60 });
  const { rounds, seed, seconds } = given;
  // That of the replays.
  quietRuntime({ errorsOnly: true });
  const parts = createParts();
  const results: RoundResult[] = [];
  let own: OwnParts | undefined;
  let stack: MatrixStack | undefined;
  const stop = async (): Promise<void> => {
    await stack?.close();
    stack = undefined;
    await own?.close();
    own = undefined;
  };
  onStopRequest(
    () =>
      void stop()
        .then(() => parts.close())
        .finally(() => process.exit(130)),
  );
  try {
    const { compiledSources: sources } = await parts.get('compiled');
    for (let round = 0; round < rounds; round++) {
      const faults = Math.max(3, Math.round(seconds / SECONDS_PER_FAULT));
      if (!own) {
        own = await startOwnParts();
        for (const line of own.missing) console.log(line);
      }
      const { amqp, smallDisk } = own;
      const without = [...(amqp ? [] : ['broker']), ...(smallDisk === undefined ? ['fill disk'] : [])];
      const plan = makePlan(seed + round, { seconds, faults, without });
      console.log(describePlan(plan));
      stack ??= await startMatrixStack({ sources, amqp, smallDisk });
      const result = await runRound(stack, plan, {
        waiting: ([first, ...more]) => console.log(`  waiting for ${more.length + 1}: ${first ?? ''}`),
      });
      results.push(result);
      console.log(describeRound(result));
      if (result.violations.length === 0) continue;
      const folder = await keepLogs(stack, plan);
      console.log(`  The logs are in ${folder}`);
      for (const file of await keepFailedHistories(stack, folder)) console.log(`  a history: ${file}`);
      console.log(`  npm run crash -- --rounds 1 --seed ${plan.seed} --seconds ${plan.seconds} repeats it.`);
      // What is left would be found by the next rounds too.
      await stop();
    }
  } finally {
    await stop();
    await parts.close();
  }
  console.log(`\n${summaryTable(results)}`);
  const broken = results.filter(({ violations }) => violations.length > 0).length;
  console.log(`\n${results.length - broken} of ${results.length} rounds kept every promise.`);
  return broken === 0 ? 0 : 1;
}

function describePlan({ seed, seconds, faults, load }: Plan): string {
  return [
    `\nSeed ${seed}: ${load.length} requests and ${faults.length} faults within ${seconds} s`,
    ...faults.map((fault) => `    ${describeFault(fault)}`),
  ].join('\n');
}

async function keepLogs(stack: MatrixStack, { seed }: Plan): Promise<string> {
  const folder = join(projectRoot, '.state', 'crash', String(seed));
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await cp(stack.logFolder, folder, { recursive: true });
  return folder;
}
