import { explained } from './explained.ts';

/** A report of Stryker, as far as it is read here. */
export interface MutationReport {
  files: Record<string, { source: string; mutants: readonly Mutant[] }>;
}

interface Mutant {
  status: string;
  replacement?: string;
  location: { start: Place; end: Place };
}

interface Place {
  line: number;
  column: number;
}

/** How the changes of a file were judged. */
export interface FileResult {
  file: string;
  mutants: number;
  killed: number;
  /** Those that no test noticed, or ran. */
  survived: readonly Survivor[];
}

/** A change that no test noticed. */
export interface Survivor {
  /** Where it is, and what replaces what. */
  text: string;
  /** Why that is right, if it was explained. */
  because: string | undefined;
}

/** Changes that a test noticed: it failed, or the code no longer ended. */
const KILLED = ['Killed', 'Timeout'];
const SURVIVED = ['Survived', 'NoCoverage'];

/** Returns what a report says about each file. Changes that do not compile, for example, are not counted. */
export function readReport({ files }: MutationReport): FileResult[] {
  return Object.entries(files).map(([file, { source, mutants }]) => {
    const killed = mutants.filter(({ status }) => KILLED.includes(status)).length;
    const survived = mutants
      .filter(({ status }) => SURVIVED.includes(status))
      .map((mutant) => describeSurvivor(file, source.split('\n'), mutant));
    return { file, mutants: killed + survived.length, killed, survived };
  });
}

/** The part of the changes that tests noticed, in percent. */
export function scoreOf({ mutants, killed }: Pick<FileResult, 'mutants' | 'killed'>): number {
  return mutants === 0 ? 100 : (killed / mutants) * 100;
}

function describeSurvivor(file: string, lines: readonly string[], mutant: Mutant): Survivor {
  const { start, end } = mutant.location;
  const line = lines[start.line - 1] ?? '';
  const replacement = mutant.replacement ?? '';
  const original = [
    line.slice(start.column - 1, end.line === start.line ? end.column - 1 : undefined),
    ...(end.line === start.line ? [] : ['…']),
  ].join('');
  const reason = explained.find(
    (one) =>
      one.file === file &&
      line.includes(one.code) &&
      (one.replacements?.some((part) => replacement.includes(part)) ?? true),
  );
  const shown = replacement.replaceAll(/\s+/g, ' ');
  return {
    text: `${file}:${start.line}:${start.column} ${mutant.status === 'NoCoverage' ? '(no test runs it) ' : ''}${original} → ${shown}`,
    because: reason?.because,
  };
}
