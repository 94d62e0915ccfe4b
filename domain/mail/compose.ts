import { ERASED_RECIPIENT } from '../accounts/erasure.ts';
import type { KeyedEmail } from 'durable-jobs/emails';
import { renderEmail, type TemplateData, type TemplateName } from './templates.ts';

/** Returns an email of a template with its key and recipient; undefined if the recipient was erased. */
export function composeEmail<T extends TemplateName>(
  template: T,
  data: TemplateData[T],
): Pick<KeyedEmail, 'template' | 'content' | 'maySendTo'> {
  return {
    template,
    content: renderEmail(template, data),
    maySendTo: (recipient) => recipient !== ERASED_RECIPIENT,
  };
}
