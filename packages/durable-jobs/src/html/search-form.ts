import { linkTo } from '../http/mount.ts';
import { markup, type Markup } from './markup.ts';

/** A parameter of a list that a person can search by. */
export interface SearchField {
  name: string;
  label: string;
  /** The possible values; any text without them. */
  options?: readonly string[];
  isTime?: boolean;
  /** Whether the field is shown only if the search has it. */
  onlyIfSet?: boolean;
  /** Whether the field is among those that are folded away until they are needed. */
  isRare?: boolean;
}

/**
 * A form that searches a list by the parameters of its address. `kept` are parameters that have no field and stay as they are. It works without
 * the script, which takes times in the reader's time zone; without it, they are in UTC.
 */
export function searchForm(
  path: string,
  fields: readonly SearchField[],
  values: Readonly<Record<string, string>>,
  kept: readonly string[] = [],
): Markup {
  const shown = fields.filter(({ name, onlyIfSet = false }) => !onlyIfSet || values[name] !== undefined);
  const rare = shown.filter(({ isRare = false }) => isRare);
  const group = (some: readonly SearchField[]): Markup =>
    markup`<div class="fields">
${some.map((field) => fieldMarkup(field, values[field.name] ?? ''))}</div>`;
  return markup`<form class="search" method="get" action="${linkTo(path)}" role="search" aria-label="Search the list">
${kept.map((name) => values[name] !== undefined && markup`<input type="hidden" name="${name}" value="${values[name]}">`)}${group(shown.filter(({ isRare = false }) => !isRare))}
${
  rare.length > 0 &&
  markup`<details${rare.some(({ name }) => values[name] !== undefined) && markup` open`}><summary>More filters</summary>
${group(rare)}</details>
`
}<p class="choice"><button class="main">Search</button><a href="${linkTo(path)}">Clear</a></p>
</form>`;
}

function fieldMarkup({ name, label, options, isTime = false }: SearchField, value: string): Markup {
  const id = `search-${name}`;
  if (options) {
    return markup`<div><label for="${id}">${label}</label><select id="${id}" name="${name}"><option value="">any</option>${options.map(
      (option) => markup`<option${option === value && markup` selected`}>${option}</option>`,
    )}</select></div>
`;
  }
  if (isTime) {
    const at = new Date(value);
    const utc = Number.isNaN(at.getTime()) ? '' : at.toISOString();
    return markup`<div><label for="${id}">${label}<span data-zone-of="${id}"> (UTC)</span></label><input id="${id}" name="${name}" type="datetime-local" step="1" value="${utc.slice(0, 19)}" data-utc="${utc}"></div>
`;
  }
  return markup`<div><label for="${id}">${label}</label><input id="${id}" name="${name}" value="${value}" autocomplete="off" autocapitalize="none" spellcheck="false"></div>
`;
}
