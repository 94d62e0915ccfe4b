import { readFileSync } from 'node:fs';
import { Session, type Profiler } from 'node:inspector/promises';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { relative } from 'node:path';
import { Worker } from '@temporalio/worker';
import { projectRoot } from '../../local/paths.ts';
import {
  readHistories,
  type HistorySource,
} from '../../packages/durable-jobs/src/testing/replay/read-histories.ts';
import { jobSinks } from '../../packages/durable-jobs/src/worker/job-sinks.ts';

/** A piece of the workflows' sources that did not run: its file, from the project's root, and its first line. */
export interface PieceNotRun {
  file: string;
  line: string;
}

/**
 * Replays histories on a bundle of workflows in this thread, whether or not they replay, and returns the pieces of the workflows' code that
 * did not run: functions, and the blocks and conditions in them. Values that nothing is called for are left out, since they cannot change
 * the steps of a workflow by themselves. So is code that compilers add, which has no place in a source.
 */
export async function codeNotRun(codePath: string, histories: HistorySource): Promise<PieceNotRun[]> {
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
    // In a thread of its own, the code would not be measured.
    const worker = { workflowBundle: { codePath }, sinks: jobSinks, debugMode: true };
    const replays = Worker.runReplayHistories(worker, readHistories(histories))[Symbol.asyncIterator]();
    while (!(await replays.next()).done);
    const { result } = await session.post('Profiler.takePreciseCoverage');
    const script = result.find(({ url }) => url.endsWith(codePath));
    if (!script) throw new Error(`${codePath} did not run`);
    return piecesOf(script, readFileSync(codePath, 'utf8'));
  } finally {
    session.disconnect();
  }
}

function piecesOf({ functions }: Profiler.ScriptCoverage, code: string): PieceNotRun[] {
  const sourceOf = sourcesOf(code);
  const pieces = functions
    .flatMap(({ ranges }) => ranges)
    .filter(({ count }) => count === 0)
    .flatMap(({ startOffset, endOffset }) => {
      const piece = code.slice(startOffset, endOffset);
      // A piece may begin at the end of what precedes it.
      return canDecide(piece) ? (sourceOf(startOffset + piece.search(/[^\s;})]/)) ?? []) : [];
    });
  const unique = new Map(pieces.map((piece) => [`${piece.file}: ${piece.line}`, piece]));
  return [...unique.values()];
}

/** Whether code calls, ends or combines something. */
function canDecide(code: string): boolean {
  return /[\w)\]]\(|\b(?:throw|return)\b|&&|\|\|/.test(code);
}

/** Returns a function that finds the source of an offset in a bundle: undefined for what is not the project's own workflow code. */
function sourcesOf(code: string): (offset: number) => PieceNotRun | undefined {
  const encoded = /^\/\/# sourceMappingURL=data:[^,]*;base64,(\S+)$/m.exec(code)?.[1] ?? '';
  const map = new SourceMap(JSON.parse(Buffer.from(encoded, 'base64').toString()) as SourceMapPayload);
  const lineStarts = [...code.matchAll(/^/gm)].map(({ index }) => index);
  return (offset) => {
    const line = lineStarts.findLastIndex((start) => start <= offset);
    const entry = map.findEntry(line, offset - (lineStarts[line] ?? 0));
    // The nearest place before it: that of another line is not its own.
    if (!('originalSource' in entry) || entry.generatedLine !== line) return undefined;
    const file = relative(projectRoot, entry.originalSource);
    // The bundler adds a file that is nowhere but in the bundle.
    if (!/^(?:workflows|packages\/durable-jobs\/src)\/.*\.ts$/.test(file)) return undefined;
    const source = readFileSync(entry.originalSource, 'utf8');
    if (!/^(?:\} from|import .* from) '@temporalio\/workflow';$/m.test(source)) return undefined;
    return { file, line: source.split('\n')[entry.originalLine]?.trim() ?? '' };
  };
}
