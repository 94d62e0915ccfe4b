/**
 * Returns how JSON differs in shape from what a page shows: fields that are missing or of another type. More fields are allowed, and a shown
 * null stands for anything.
 */
export function jsonDifferences(shown: unknown, actual: unknown, path = ''): string[] {
  if (shown === null) return [];
  if (Array.isArray(shown)) {
    if (!Array.isArray(actual)) return [`${path} is not an array`];
    return shown.flatMap((item, index) =>
      actual.some((candidate) => jsonDifferences(item, candidate).length === 0)
        ? []
        : [`no item of ${path || 'the array'} is like ${path}[${index}]`],
    );
  }
  if (typeof shown === 'object') {
    if (typeof actual !== 'object' || actual === null) return [`${path || 'the value'} is not an object`];
    return Object.entries(shown).flatMap(([name, value]) =>
      jsonDifferences(
        value,
        (actual as Record<string, unknown>)[name],
        path === '' ? name : `${path}.${name}`,
      ),
    );
  }
  return typeof shown === typeof actual ? [] : [`${path} is ${typeof actual} rather than ${typeof shown}`];
}

/** What differs from one run to the next: times, ids, numbers and durations. `…` stands for anything. */
const variable = /\d{4}-\d\d-\d\dT[\d:.]+Z|\b(?=[\da-f-]*\d)[\da-f]{8,}(?:-[\da-f]+)*\b|\d[\d.,]*|…/g;

/** Returns the lines of a shown text to which no line of the actual output is alike, apart from what varies. */
export function textDifferences(shown: string, actual: string): string[] {
  const lines = actual.split('\n');
  return shown.split('\n').filter((line) => {
    const pattern = line
      .trim()
      .split(variable)
      .map((part) =>
        part.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`).replaceAll(/\s+/g, String.raw`\s+`),
      )
      .join('.+');
    return !lines.some((candidate) => new RegExp(`^\\s*${pattern}\\s*$`).test(candidate));
  });
}

/** Returns the last JSON value of an output, which may follow headers or other values. */
export function lastJson(output: string): unknown {
  const text = output.trimEnd();
  for (
    let start = text.lastIndexOf('{');
    start >= 0;
    start = start === 0 ? -1 : text.lastIndexOf('{', start - 1)
  ) {
    // An object inside of another one ends before the text does.
    try {
      const value: unknown = JSON.parse(text.slice(start));
      return value;
    } catch {
      continue;
    }
  }
  return undefined;
}
