import { markup, type Markup } from '../html/markup.ts';
import type { ServiceDefinition } from '../hosted-services/define-service.ts';
import { readServices, type ServiceReader, type ServiceView } from '../hosted-services/read-services.ts';
import { badge, count } from '../html/elements.ts';
import { moment, span } from '../html/times.ts';
import { table } from '../html/table.ts';
import type { Part } from './part.ts';
import { serviceButton } from '../hosted-services/pages.ts';

/** Where each hosted service runs, and its state. */
export function servicesPart(reader: ServiceReader, services: readonly ServiceDefinition[]): Part {
  return {
    id: 'services',
    title: 'Services',
    asks: 'The database',
    async render() {
      const views = await readServices(reader, services);
      return table(
        'Services',
        [
          'Service',
          'State',
          { name: 'Processed', kind: 'number' },
          { name: 'Failed', kind: 'number' },
          { name: 'Actions', kind: 'buttons' },
        ],
        views.map((service) => [
          markup`<a href="${service.links.self}" title="${service.description}">${service.id}</a>`,
          state(service),
          count(service.processed),
          count(service.failed),
          serviceButton(service),
        ]),
        { cards: true },
      );
    },
  };
}

function state({ state: name, busy, worker, workers, since, pausedAt, lastError }: ServiceView): Markup {
  const error =
    lastError &&
    markup`<p class="note">Last error ${moment(lastError.at)}: ${lastError.message.slice(0, 200)}</p>`;
  if (name === 'running') {
    return markup`${badge(busy ? 'busy' : 'good', busy ? 'working' : 'idle')} <span class="note">${workers.length > 1 ? `${workers.length} workers` : (workers[0]?.worker ?? worker ?? '')}${since !== null && markup` ${span(since)}`}</span>${error ?? ''}`;
  }
  return markup`${name === 'paused' ? badge('warn', 'paused') : badge('bad', 'no worker')} ${pausedAt !== null && moment(pausedAt)}${error ?? ''}`;
}
