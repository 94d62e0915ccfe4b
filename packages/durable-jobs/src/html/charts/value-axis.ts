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

/** A coordinate with as many digits as can be seen. */
export function px(value: number): number {
  return Math.round(value * 10) / 10;
}
