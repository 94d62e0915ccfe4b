import { textFault, type TextFault } from './text.ts';

/** Maximum number of faults that a call lists. */
const MAX_FAULTS = 100;

/**
 * Returns what in a value would be lost or changed if the value was stored as JSON and read again: a `Date`, a `Map`, a `bigint`, `NaN`, a
 * text that PostgreSQL cannot store. A field that is `undefined` is a field that is absent.
 */
export function jsonFaults(value: unknown): TextFault[] {
  const faults: TextFault[] = [];
  visit(value, [], { faults, parents: new Set() });
  return faults;
}

function visit(
  value: unknown,
  path: TextFault['path'],
  seen: { faults: TextFault[]; parents: Set<object> },
): void {
  const { faults, parents } = seen;
  if (faults.length >= MAX_FAULTS) return;
  const message = faultOf(value, parents);
  if (message !== undefined) {
    faults.push({ path, message });
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  parents.add(value);
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) visit(value[index], [...path, index], seen);
  } else {
    for (const [name, inner] of Object.entries(value)) {
      const fault = textFault(name);
      if (fault !== undefined) faults.push({ path: [...path, name], message: fault });
      else if (inner !== undefined) visit(inner, [...path, name], seen);
    }
  }
  parents.delete(value);
}

/** Returns what is wrong with a value itself. */
function faultOf(value: unknown, parents: ReadonlySet<object>): string | undefined {
  if (typeof value === 'string') return textFault(value);
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'must be a finite number';
  if (typeof value === 'boolean' || value === null) return undefined;
  if (typeof value !== 'object') return `must be JSON, not ${typeof value}`;
  if (parents.has(value)) return 'must not contain itself';
  if (Array.isArray(value)) return undefined;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || Object.getPrototypeOf(prototype) === null) return undefined;
  return `must be JSON, not ${value.constructor.name}`;
}
