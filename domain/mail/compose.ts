import { ERASED_RECIPIENT } from '../accounts/erasure.ts';
import type { KeyedEmail } from 'durable-jobs/emails';
import { renderEmail, type TemplateData, type TemplateName } from './templates.ts';

/** An email of a template, to be sent with its key to its recipient, unless that person was erased. */
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
