import { setMaxListeners } from 'node:events';
import { loadAverage, othersBusy, QUIET } from './load.ts';
import type { Conditions, Contender, Part, PartContext, PartResult, Round } from './part.ts';
import { startBenchStack } from './stack.ts';

/** How a part is measured. */
export interface RoundOptions {
  sizes: Readonly<Record<string, number>>;
  rounds: number;
  conditions: Conditions;
  signal: AbortSignal;
  report: (line: string) => void;
}

/**
 * Measures a part: its contenders take turns in each round, in the opposite order in every other one. A failure ends the part; what was
 * measured before is in the result.
 */
export async function measurePart(part: Part, options: RoundOptions): Promise<PartResult> {
  const { sizes, conditions, signal, report } = options;
  const begin = performance.now();
  const results: PartResult['contenders'] = [];
  const result: PartResult = {
    name: part.name,
    title: part.title,
    about: part.about,
    sizes: { ...sizes },
    figures: part.figures,
    ...(part.reference !== undefined && { reference: part.reference }),
    conditions,
    startedAt: new Date().toISOString(),
    seconds: 0,
    contenders: results,
  };
  const closing: (() => unknown)[] = [];
  const failing = new AbortController();
  const either = AbortSignal.any([signal, failing.signal]);
  // Each request of a part listens to it, and some listeners stay until garbage is collected.
  setMaxListeners(0, either);
  const context: PartContext = {
    signal: either,
    built: conditions.built,
    report,
    onClose: (close) => void closing.push(close),
    startStack: async (needs) => {
      const stack = await startBenchStack({
        env: { LOG_LEVEL: 'warn', ...needs.env },
        signal: either,
        died: (problem) => failing.abort(new Error(problem)),
        engine: conditions.engine,
        built: conditions.built,
      });
      closing.push(stack.stop);
      return stack;
    },
  };
  try {
    const contenders = await part.open(sizes, context);
    results.push(
      ...contenders.map(({ name, note }) => ({ name, ...(note !== undefined && { note }), rounds: [] })),
    );
    const rounds = Math.min(options.rounds, part.rounds ?? options.rounds);
    for (let round = part.warmUp ? 0 : 1; round <= rounds; round++) {
      const turns = contenders.map((contender, index) => ({
        contender,
        rounds: results[index]?.rounds ?? [],
      }));
      if (round % 2 === 0) turns.reverse();
      for (const turn of turns) {
        either.throwIfAborted();
        const read = await measureRound(turn.contender, report, round === 0);
        if (round > 0) turn.rounds.push(read);
      }
    }
  } catch (error) {
    if (signal.aborted) throw error;
    const failure: unknown = failing.signal.aborted ? failing.signal.reason : error;
    result.failure = failure instanceof Error ? failure.message : String(failure);
    report(`FAILED: ${result.failure}`);
  } finally {
    for (const close of closing.reverse()) await close();
    result.seconds = Math.round((performance.now() - begin) / 1_000);
  }
  return result;
}

async function measureRound(
  contender: Contender,
  report: (line: string) => void,
  warmsUp: boolean,
): Promise<Round> {
  const busy = await othersBusy();
  const load = loadAverage();
  if (busy > QUIET) report(`  ! other programs use ${busy.toFixed(1)} cores: this round says little`);
  const startedAt = new Date().toISOString();
  const reading = await contender.measure();
  const figures = Object.entries(reading)
    .filter(([key]) => !key.startsWith('cpu '))
    .map(([key, value]) => `${key} ${value.toFixed(value < 100 ? 1 : 0)}`);
  report(`  ${warmsUp ? 'warm-up ' : ''}${contender.name}: ${figures.join(', ')}`);
  return { startedAt, loadAverage: load, othersBusy: busy, reading };
}
