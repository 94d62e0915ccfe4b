import { kebabCase } from '../kebab-case.ts';
import type { JobRegistry } from '../registry.ts';

/**
 * The id of the job that a search for a key names if the text is a whole id, such as `send-invoice:4711`; undefined if it is no id of a known
 * type.
 */
export function idNamedBy({ types }: Pick<JobRegistry, 'types'>, text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined;
  const id = text.trim();
  const colon = id.indexOf(':');
  if (colon < 1 || colon === id.length - 1) return undefined;
  return types.some((type) => kebabCase(type) === id.slice(0, colon)) ? id : undefined;
}
