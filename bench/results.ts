import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PartResult } from './part.ts';
import { chartOfPart, markdownOf } from './report.ts';

/**
 * Writes a part's result to a folder: `results.json`, a page with all results of the folder, and a chart for each part. It replaces an earlier
 * result of the part with the same engine. `order` is the order of the parts.
 */
export function writeResult(folder: string, result: PartResult, order: readonly string[]): void {
  mkdirSync(folder, { recursive: true });
  const others = readResults(folder).filter((other) => keyOf(other) !== keyOf(result));
  const place = ({ name }: PartResult): number => order.indexOf(name);
  const all = [...others, result].sort((a, b) => place(a) - place(b) || keyOf(a).localeCompare(keyOf(b)));
  writeFileSync(join(folder, 'results.json'), `${JSON.stringify({ parts: all }, null, 2)}\n`);
  const charts = new Map<string, string>();
  for (const part of all) {
    const chart = chartOfPart(part);
    if (chart === undefined) continue;
    const file = `${keyOf(part)}.svg`;
    charts.set(keyOf(part), file);
    writeFileSync(join(folder, file), chart);
  }
  writeFileSync(
    join(folder, 'README.md'),
    markdownOf(all, (part) => charts.get(keyOf(part))),
  );
}

/** Names a part and its engine. */
function keyOf({ name, conditions: { engine } }: PartResult): string {
  return engine === 'dev' ? name : `${name}-${engine}`;
}

function readResults(folder: string): PartResult[] {
  let text: string;
  try {
    text = readFileSync(join(folder, 'results.json'), 'utf8');
  } catch {
    return [];
  }
  return (JSON.parse(text) as { parts: PartResult[] }).parts;
}
