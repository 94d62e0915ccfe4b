import type { BenchStack, EngineKind, StackNeeds } from './stack.ts';

/** A figure that a part measures. */
export interface Figure {
  /** The key in the readings. */
  key: string;
  /** What it is, with its unit, as a column's head. */
  label: string;
  better: 'more' | 'less';
  /** Digits after the point; 0 by default. */
  digits?: number;
}

/** What one round of a contender measured, by the keys of the part's figures. Other keys are in the JSON alone. */
export type Reading = Record<string, number>;

/** One of those that a part measures in turn: the service, or a reference. */
export interface Contender {
  name: string;
  /** What differs from the service: whether it does less, or with a weaker promise. */
  note?: string;
  measure: () => Promise<Reading>;
}

/** What a part gets. */
export interface PartContext {
  signal: AbortSignal;
  /** Whether the service runs as built for production. */
  built: boolean;
  /** Starts a stack of its own for the part, with the engine that was chosen. It is stopped after the part. */
  startStack: (needs: StackNeeds) => Promise<BenchStack>;
  /** Registers what is to be stopped after the part, before what was registered earlier. */
  onClose: (close: () => unknown) => void;
  /** Prints progress. */
  report: (line: string) => void;
}

/** A part of the benchmark: contenders that do the same work in turn, and the figures by which they are compared. */
export interface Part<Size extends string = string> {
  name: string;
  title: string;
  /** What is measured, in a sentence or two for the report. */
  about: string;
  /** How much work there is, by option. */
  sizes: Readonly<Record<Size, number>>;
  /** The first one is drawn, and has a ratio. */
  figures: readonly [Figure, ...Figure[]];
  /** The contender that ratios refer to; none by default. */
  reference?: string;
  /** Rounds that are enough, for parts that take long or need no repetition. */
  rounds?: number;
  /** The engine that it needs instead of the development server. */
  engine?: EngineKind;
  /** Whether a first round, which is not counted, warms up. */
  warmUp: boolean;
  open: (sizes: Readonly<Record<Size, number>>, context: PartContext) => Promise<readonly Contender[]>;
}

/** Declares a part with its options. */
export function definePart<const Size extends string>(part: Part<Size>): Part<Size> {
  return part;
}

/** The results of a part, and what they were measured on. */
export interface PartResult {
  name: string;
  title: string;
  about: string;
  sizes: Record<string, number>;
  figures: readonly Figure[];
  reference?: string;
  conditions: Conditions;
  startedAt: string;
  seconds: number;
  contenders: ContenderResult[];
  /** Why the part ended early; absent if it did not. */
  failure?: string;
}

/** What a part is measured on. */
export interface Conditions {
  machine: string;
  engine: EngineKind;
  /** Whether the service ran as it is built for production, rather than from its sources. */
  built: boolean;
  commit: string;
  /** The load average of the last minute before the run. */
  loadAverage: number;
}

/** The readings of a contender. */
export interface ContenderResult {
  name: string;
  note?: string;
  rounds: Round[];
}

/** A round of a contender. */
export interface Round {
  startedAt: string;
  /** The load average of the last minute before it, to which the rounds before it contribute. */
  loadAverage: number;
  /** Cores that programs other than the benchmark used just before it. */
  othersBusy: number;
  reading: Reading;
}
