import { scaleLinear, type ScaleLinear } from 'd3-scale';

/** An axis of values: round ticks, and the position of a value. */
export interface ValueAxis {
  scale: ScaleLinear<number, number>;
  ticks: number[];
}

/**
 * Creates an axis over `range`, in the drawing's units, that contains zero and all values and begins and ends at round ones. Integers get
 * no ticks between them.
 */
export function valueAxis(
  values: readonly number[],
  range: readonly [number, number],
  options: { ticks: number; whole?: boolean },
): ValueAxis {
  const lowest = Math.min(0, ...values);
  const highest = Math.max(0, ...values);
  // Without any value an axis from 0 to 1 still shows where zero is.
  const scale = scaleLinear([lowest, lowest === highest ? 1 : highest], range).nice(options.ticks);
  const ticks = scale.ticks(options.ticks).filter((tick) => !options.whole || Number.isInteger(tick));
  return { scale, ticks };
}

/** Widths of a label's character, and of the gap between labels, in the drawing's units. */
const CHARACTER_WIDTH = 6.5;
const GAP = 6;

/** Returns the ticks of a horizontal axis whose labels have room: zero, and every second, third or later one from there. */
export function ticksWithRoom(
  { scale, ticks }: ValueAxis,
  labelOf: (tick: number) => string,
): { at: number; label: string; isZero: boolean }[] {
  const longest = Math.max(...ticks.map((tick) => labelOf(tick).length));
  const [first = 0, second = first] = ticks;
  const apart = Math.abs(scale(second) - scale(first));
  const every = apart === 0 ? 1 : Math.ceil((longest * CHARACTER_WIDTH + GAP) / apart);
  const zero = ticks.indexOf(0);
  return ticks
    .filter((_, index) => (index - zero) % every === 0)
    .map((tick) => ({ at: px(scale(tick)), label: labelOf(tick), isZero: tick === 0 }));
}

/** A coordinate with as many digits as can be seen. */
export function px(value: number): number {
  return Math.round(value * 10) / 10;
}
