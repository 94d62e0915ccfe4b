import { reasonNotToCompare } from './not-pasted.ts';
import type { Block } from './pages.ts';
import { jsonDifferences, lastJson, textDifferences } from './shapes.ts';
import type { Shell } from './shell.ts';

/**
 * Pastes a block into the shell of its page. Returns what went wrong: commands that failed, responses with an error status that the text next to
 * the block does not announce, and responses and outputs that are not as the page shows them.
 */
export async function pasteBlock(shell: Shell, block: Block): Promise<string[]> {
  const { stdout, stderr, failures, responses } = await shell.paste(block.code);
  const problems = failures.map((failure) => `failed: ${failure}`);
  for (const { status, url } of responses) {
    const isError = status < 100 || status >= 400;
    if (isError && !`${block.above}${block.below}`.includes(`\`${status}\``))
      problems.push(`${status} of ${url}`);
  }
  const [, announced, fields] =
    /The response is `(\d{3})`(?:[^.]*?with[^.]*?`\{([\w, ]+)\}`)?/.exec(block.below) ?? [];
  if (announced !== undefined && !responses.some(({ status }) => status === Number(announced)))
    problems.push(`no response is ${announced}, as announced`);
  for (const field of fields?.split(', ') ?? [])
    if (!Object.hasOwn(Object(lastJson(stdout)) as object, field))
      problems.push(`no field ${field}, as announced`);
  const shown = reasonNotToCompare(block) === undefined ? block.shown : undefined;
  if (shown?.language === 'json') problems.push(...jsonDifferences(JSON.parse(shown.code), lastJson(stdout)));
  else if (shown)
    problems.push(...textDifferences(shown.code, stdout + stderr).map((line) => `not printed: ${line}`));
  if (problems.length === 0) return [];
  const where = `${block.page}:${block.line}`;
  return [
    ...problems.map((problem) => `${where}: ${problem}`),
    `${where} printed:\n${stdout.slice(-3_000)}${stderr.slice(-2_000)}`,
  ];
}
