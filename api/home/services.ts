import { serviceIds } from '../../contracts/services.ts';
import { formatCount } from '../../platform/reports/format.ts';
import { markup, type Markup } from '../../platform/reports/markup.ts';
import { readServices, type ServiceReader, type ServiceView } from '../services/read-services.ts';
import { actionButton, badge, moment, table } from './markup.ts';
import type { Part } from './part.ts';

/** Where each hosted service runs, and what it does. */
export function servicesPart(reader: ServiceReader): Part {
  return {
    id: 'services',
    title: 'Services',
    asks: 'The database',
    async render() {
      const services = await readServices(reader, serviceIds);
      return table(
        'Services',
        [
          'Service',
          'State',
          { content: 'Processed', kind: 'number' },
          { content: 'Failed', kind: 'number' },
          { content: '', kind: 'minor' },
        ],
        services.map((service) => [
          markup`<span title="${service.description}">${service.id}</span>`,
          state(service),
          { content: formatCount(service.processed), kind: 'number' },
          { content: formatCount(service.failed), kind: 'number' },
          button(service),
        ]),
      );
    },
  };
}

function state({ state: name, busy, worker, since, pausedAt, lastError }: ServiceView): Markup {
  const error =
    lastError &&
    markup`<p class="note">Last error ${moment(lastError.at)}: ${lastError.message.slice(0, 200)}</p>`;
  if (name === 'running') {
    return markup`${badge(busy ? 'busy' : 'good', busy ? 'at work' : 'idle')} ${since !== null && moment(since)}
<p class="note">on ${worker ?? 'a worker'}</p>${error ?? ''}`;
  }
  return markup`${name === 'paused' ? badge('warn', 'paused') : badge('bad', 'no worker')} ${pausedAt !== null && moment(pausedAt)}${error ?? ''}`;
}

function button({ id, state: name }: ServiceView): Markup {
  return name === 'paused'
    ? actionButton({
        label: 'Resume',
        of: id,
        post: `/api/services/${id}/resume`,
        question: `Let the service ${id} go on?`,
      })
    : actionButton({
        label: 'Pause',
        of: id,
        post: `/api/services/${id}/pause`,
        question: `Hold the service ${id} back? What comes waits.`,
      });
}
