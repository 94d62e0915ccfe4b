import { markup, type Markup } from './markup.ts';

/** A field of the dialog that asks for confirmation; its value is sent in the body under its name. */
export interface ActionField {
  name: string;
  label: string;
  /** `time` is a local time, which is sent as ISO 8601 in UTC; a list has the values to choose from. An empty value is not sent. */
  type: 'text' | 'time' | readonly (string | { value: string; label: string })[];
  required?: boolean;
  /** Whether no value of a list is selected at first. */
  isUnselected?: boolean;
  /** Longest text; 500 characters by default. */
  maxLength?: number;
  hint?: string;
}

/** What a button does when its dialog is confirmed. */
export interface Action {
  /** A verb, such as `Retry`. */
  label: string;
  /** What it acts on, such as the id of a job: part of the button's accessible name. */
  of: string;
  /** Path of the request. */
  post: string;
  method?: 'POST' | 'DELETE';
  /** The question that the dialog asks. */
  question: string;
  /** Field of the body that takes the reason too; the audit trail gets it in any case. */
  reasonIn?: 'reason' | 'note';
  /** Whether the request requires a reason. */
  needsReason?: boolean;
  /** Fields of the body that are the same each time. */
  body?: Readonly<Record<string, unknown>>;
  fields?: readonly ActionField[];
  /** Whether it can't be undone. */
  isFinal?: boolean;
  /** The field of the response that is shown once, with a button that copies it, and then removed from the page. */
  showsOnce?: { field: string; title: string };
  /** Page to open afterwards, such as the list of what was deleted. */
  then?: string;
}

/**
 * A button for operators. It is hidden until the pages' script shows it to an operator; the script asks for confirmation and for a reason,
 * and sends the request.
 */
export function actionButton({ label, of, isFinal, ...action }: Action): Markup {
  return markup`<button type="button" class="act${isFinal && ' final'}" hidden data-action="${JSON.stringify(action)}" aria-label="${label} ${of}">${label}</button>`;
}
