import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import MarkdownIt, { type Token } from 'markdown-it';
import { projectRoot } from '../../../local/paths.ts';

/** A code block of a page. */
export interface Block {
  /** The page's path in the project. */
  page: string;
  /** The line of the block's fence. */
  line: number;
  /** The first word after the fence; empty if there is none. */
  language: string;
  code: string;
  /** The text since the previous block. */
  before: string;
  /** The paragraphs directly above and below the block: what they announce. Empty if there is none. */
  above: string;
  below: string;
  /** The output that the page shows for the block: a block that follows it, at most one paragraph below. */
  shown?: { language: string; code: string };
}

const markdown = new MarkdownIt();
const shells = new Set(['sh', 'bash', 'shell', 'console', 'zsh']);
const outputs = new Set(['json', 'text', '']);

/** The pages: README, the documentation, and the READMEs of the library, of its template and of the benchmarks. */
export const pages: readonly string[] = [
  'README.md',
  ...readdirSync(join(projectRoot, 'docs'), { recursive: true, encoding: 'utf8' })
    // `npm run docs:api` generates the reference, and Git ignores it.
    .filter((name) => name.endsWith('.md') && !name.startsWith('api-reference'))
    .sort()
    .map((name) => `docs/${name}`),
  'packages/durable-jobs/README.md',
  'packages/durable-jobs/template/README.md',
  'bench/README.md',
];

/** Whether a block is for a shell. */
export const isForShell = ({ language }: Block): boolean => shells.has(language);

/** The first line of a block without its comment: names the block in its page. */
export function firstLine({ code }: Block): string {
  return (code.split('\n', 1)[0] ?? '').replace(/\s+#.*$/, '');
}

const paragraph = (token?: Token): string => (token?.type === 'inline' ? token.content : '');

/** Returns the code blocks of a page in their order. */
export function readBlocks(page: string): Block[] {
  const tokens = markdown
    .parse(readFileSync(join(projectRoot, page), 'utf8'), {})
    .filter(({ type }) => type === 'fence' || type === 'inline' || type === 'heading_open');
  let previous = 0;
  return tokens.flatMap((token, index) => {
    if (token.type !== 'fence') return [];
    const before = tokens.slice(previous, index).map(({ content }) => content);
    previous = index + 1;
    const next = tokens.slice(index + 1, index + 3);
    const shown = next.find(({ type }) => type !== 'inline');
    return [
      {
        page,
        line: (token.map?.[0] ?? 0) + 1,
        language: token.info.split(/\s/, 1)[0] ?? '',
        code: token.content,
        before: before.join('\n'),
        above: paragraph(tokens[index - 1]),
        below: paragraph(tokens[index + 1]),
        ...(shown?.type === 'fence' &&
          outputs.has(shown.info) && { shown: { language: shown.info, code: shown.content } }),
      },
    ];
  });
}
