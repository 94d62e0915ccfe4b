import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '../connect.ts';
import { cpuMeter, prefixed } from '../cpu.ts';
import { quantile } from '../figures.ts';
import { listRequests, type ListRequest } from '../list-requests.ts';
import { addRows, filledTables } from '../many-rows.ts';
import { copyRuns, makeRealRuns } from '../many-runs.ts';
import { definePart, type Contender } from '../part.ts';

/** Viewers share the sections of the home page for 2 s (packages/durable-jobs/src/console/part.ts), so each request waits for longer than that. */
const HOME_PAGE_SHARED_MS = 2_100;
const HOME_PAGES = 15;
/** The engine permits a namespace so many lists and counts per second that requests without a pause would wait for each other. */
const PAUSE_MS = 100;

/** Lists at size. */
export const lists = definePart({
  name: 'lists',
  title: 'Lists at size',
  about:
    "Requests one after another, with pauses, on an idle system whose engine lists that many runs on PostgreSQL, and whose own tables have that many rows. A few hundred runs of all states took place; the others are copies of their rows in the engine's " +
    'visibility store, with ids, keys and times of their own. Goals: `GET /api/jobs` p95 under 100 ms, the home page under 300 ms.',
  sizes: { runs: 100_000, rows: 100_000, requests: 40 },
  figures: [
    { key: 'p95', label: 'p95, ms', better: 'less' },
    { key: 'p50', label: 'p50, ms', better: 'less' },
    { key: 'cpu', label: 'processor time of all processes, ms', better: 'less', digits: 1 },
    { key: 'incomplete', label: 'pages that lack a section, %', better: 'less' },
  ],
  engine: 'postgres-4',
  rounds: 3,
  warmUp: true,
  async open({ runs, rows, requests }, context) {
    const { signal, report } = context;
    const stack = await context.startStack({
      env: {
        OUTBOX_STARTS_PER_SECOND: '1000',
        RATE_LIMIT_PER_MINUTE: '1000000',
        PUBLIC_RATE_LIMIT_PER_MINUTE: '1000000',
        // The waiting runs wait until the end.
        PASSWORD_RESET_DELAY: '1d',
      },
    });
    const { urls, apiKey, processes } = stack.info();
    if (stack.visibilityUrl === undefined) throw new Error('lists require an engine on PostgreSQL');
    const database = await connect(urls.database, context);
    const visibility = await connect(stack.visibilityUrl, context);
    await makeRealRuns({ api: urls.api, database, visibility }, signal);
    await copyRuns(visibility, runs);
    await addRows(database, rows);
    report(
      `  the engine lists ${runs.toLocaleString('en')} runs; ${rows.toLocaleString('en')} rows in each of ${filledTables.join(', ')}`,
    );

    const get = (
      { name, path, accept }: ListRequest,
      { count = requests, pauseMs = PAUSE_MS } = {},
    ): Contender => ({
      name,
      measure: async () => {
        const times: number[] = [];
        let incomplete = 0;
        const cpuSince = cpuMeter(processes);
        for (let index = 0; index < count; index++) {
          await delay(pauseMs, undefined, { signal });
          const begin = performance.now();
          const response = await fetch(urls.api + path, {
            headers: { authorization: `Bearer ${apiKey}`, accept },
            redirect: 'manual',
            signal,
          });
          const body = await response.text();
          times.push(performance.now() - begin);
          if (response.status !== 200) throw new Error(`${path} responded with ${response.status}`);
          // The page is served without sections that take longer than 1.5 s.
          if (body.includes('class="away"')) incomplete++;
        }
        const cpu = cpuSince(count);
        return {
          p95: quantile(times, 0.95),
          p50: quantile(times, 0.5),
          cpu: Object.values(cpu).reduce((sum, ms) => sum + ms, 0),
          incomplete: (incomplete * 100) / count,
          ...prefixed(cpu),
        };
      },
    });
    const home: ListRequest = { name: 'the home page', path: '/', accept: 'text/html' };
    return [
      ...(await listRequests(visibility)).map((request) => get(request)),
      get(home, { count: Math.min(requests, HOME_PAGES), pauseMs: HOME_PAGE_SHARED_MS }),
    ];
  },
});
