import { markup, type Markup } from '../html/markup.ts';
import type { ServiceDefinition } from '../hosted-services/define-service.ts';
import { readServices, type ServiceReader, type ServiceView } from '../hosted-services/read-services.ts';
import { actionButton, badge, count, moment, span } from './markup.ts';
import { table } from '../html/table.ts';
import type { Part } from './part.ts';
import { linkTo } from '../http/mount.ts';

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
          { name: '', kind: 'buttons' },
        ],
        views.map((service) => [
          markup`<span title="${service.description}">${service.id}</span>`,
          state(service),
          count(service.processed),
          count(service.failed),
          button(service),
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

function button({ id, state: name }: ServiceView): Markup {
  return name === 'paused'
    ? actionButton({
        label: 'Resume',
        of: id,
        post: linkTo(`/api/services/${id}/resume`),
        question: `Resume the service ${id}?`,
      })
    : actionButton({
        label: 'Pause',
        of: id,
        post: linkTo(`/api/services/${id}/pause`),
        question: `Pause the service ${id}? New work waits until it is resumed.`,
      });
}
