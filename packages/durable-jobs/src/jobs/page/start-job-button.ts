import type { Markup } from '../../html/markup.ts';
import { schemaFields, type SchemaField } from '../../html/schema-fields.ts';
import { startButton } from '../../html/start-button.ts';
import { linkTo } from '../../http/mount.ts';
import type { JobRegistry } from '../registry.ts';

const options: readonly SchemaField[] = [
  { name: 'startAt', label: 'Start at', type: 'time', hint: 'At once, if it is empty.' },
  {
    name: 'dedupeKey',
    label: 'Key',
    type: 'text',
    maxLength: 100,
    hint: 'Starts the job once per key. Without a key, each start is a job of its own.',
  },
];

/** The button that starts a job of a type that people may start, with a form for its input. */
export function startJobButton(jobs: JobRegistry): Markup | undefined {
  if (jobs.schedulable.length === 0) return undefined;
  return startButton({
    label: 'Start a job',
    post: linkTo('/api/jobs'),
    typeField: { name: 'type', label: 'Type' },
    valueField: 'input',
    types: jobs.schedulable.map((name) => {
      const { description, input } = jobs.get(name);
      return { name, description, fields: schemaFields(input, 'input') };
    }),
    fields: options,
  });
}
