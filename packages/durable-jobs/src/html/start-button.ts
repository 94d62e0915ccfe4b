import { markup, type Markup } from './markup.ts';
import type { SchemaField } from './schema-fields.ts';

/** What a button starts: one of several types, each with its form. */
export interface Startable {
  /** A verb and an object, such as `Start a job`. */
  label: string;
  /** Path of the request. */
  post: string;
  /** The field of the body that names the type, and its label. */
  typeField: { name: string; label: string };
  /** The field of the body that contains what is particular to the type. It is always sent. */
  valueField: string;
  types: readonly { name: string; description: string; fields: readonly SchemaField[] }[];
  /** Fields of the body that all types have. */
  fields: readonly SchemaField[];
}

/** A button for operators that asks for a type, then shows the form of the type, sends the request, and opens the page of what was started. */
export function startButton({ label, ...startable }: Startable): Markup {
  return markup`<button type="button" class="act" hidden data-start="${JSON.stringify(startable)}">${label}</button>`;
}
