import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A promise of docs/guarantees.md, and the tests that prove it. */
export interface Guarantee {
  title: string;
  /** What is said about it, by the bold word in front: `Rests on`, `Limits`, `Proved by`. */
  parts: readonly string[];
  proofs: readonly Proof[];
}

/** A test that proves a promise. */
export interface Proof {
  /** Path of the test file, from the root of the repository. */
  file: string;
  /** Title of the test, as its file has it: of an `it.each`, with `%s`. */
  title: string;
}

/** Returns whether a title of docs/guarantees.md names a test that ran: that of an `it.each` names all of its tests. */
export function namesTest(title: string, testName: string): boolean {
  const parts = title.split('%s').map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.+')}$`).test(testName);
}

/** Reads docs/guarantees.md. Each promise is a heading of the third level. */
export function readGuarantees(root = join(import.meta.dirname, '../..')): Guarantee[] {
  const [, ...sections] = readFileSync(join(root, 'docs/guarantees.md'), 'utf8').split(/^### /m);
  return sections.map((section) => ({
    title: section.split('\n', 1)[0] ?? '',
    parts: [...section.matchAll(/^- \*\*(.+?)\*\*:/gm)].map(([, part = '']) => part),
    proofs: [...section.matchAll(/^ {2}- `(.+?)`: (.+)$/gm)].map(([, file = '', title = '']) => ({
      file,
      title,
    })),
  }));
}
