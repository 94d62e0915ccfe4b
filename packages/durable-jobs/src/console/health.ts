import { markup } from '../html/markup.ts';
import type { CheckFailure, Readiness } from '../telemetry/readiness.ts';
import { formatCount } from '../values/format.ts';
import { withinTime } from '../process/within-time.ts';
import { badge } from '../html/elements.ts';
import type { Part } from './part.ts';

const names: Record<string, string> = { database: 'Database', engine: 'Job engine' };

const reasons: Record<CheckFailure, string> = {
  timeout: 'does not respond in time',
  unreachable: 'cannot be reached',
  not_polled: 'no worker',
  not_running: 'not running',
};

/** Time that the health verdict waits for the number of jobs. */
const COUNT_MS = 500;

/**
 * Whether all dependencies respond, and whether jobs are being retried, for example because a provider is unavailable. The page itself
 * shows that the API responds.
 */
export function healthPart(
  readReadiness: () => Promise<Readiness>,
  countRetrying: () => Promise<number>,
): Part {
  return {
    id: 'health',
    title: 'Health',
    asks: 'The database or the job engine',
    isAlwaysCurrent: true,
    async render() {
      // If the database is unavailable, the checks report that.
      const [{ ready, checks }, retrying] = await Promise.all([
        readReadiness(),
        withinTime(COUNT_MS, countRetrying, () => new Error('no response in time')).catch(() => 0),
      ]);
      const failed = Object.values(checks).filter(({ ok }) => !ok).length;
      const verdict = !ready
        ? `${failed} of ${Object.keys(checks).length + 1} checks fail.`
        : retrying === 1
          ? 'One job is retrying after a failed attempt.'
          : retrying > 1
            ? `${formatCount(retrying)} jobs are retrying after failed attempts.`
            : 'Everything responds.';
      return markup`<p class="verdict ${ready ? (retrying > 0 ? 'warn' : 'good') : 'bad'}">${verdict}</p>
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
