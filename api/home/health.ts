import { markup } from '../../platform/reports/markup.ts';
import type { CheckFailure, Readiness } from '../../platform/readiness.ts';
import { badge } from './markup.ts';
import type { Part } from './part.ts';

const names: Record<string, string> = { database: 'Database', engine: 'Job engine' };

const reasons: Record<CheckFailure, string> = {
  timeout: 'does not answer in time',
  unreachable: 'can not be reached',
  not_polled: 'no worker',
  not_running: 'not running',
};

/** Whether everything that is needed answers. That the page is there says that the API does. */
export function healthPart(readReadiness: () => Promise<Readiness>): Part {
  return {
    id: 'health',
    title: 'Health',
    asks: 'The database or the job engine',
    async render() {
      const { ready, checks } = await readReadiness();
      const failed = Object.values(checks).filter(({ ok }) => !ok).length;
      return markup`<p class="verdict ${ready ? 'good' : 'bad'}">${
        ready ? 'Everything answers.' : `${failed} of ${Object.keys(checks).length + 1} checks fail.`
      }</p>
<ul class="checks">
<li>${badge('good', 'ok')} API</li>
${Object.entries(checks).map(
  ([name, check]) =>
    markup`<li>${check.ok ? badge('good', 'ok') : badge('bad', reasons[check.reason])} ${nameOf(name)}</li>
`,
)}</ul>`;
    },
  };
}

function nameOf(check: string): string {
  return names[check] ?? check.replace(/^taskQueue:(.*)$/, 'Workers of “$1”');
}
