import { setTimeout as delay } from 'node:timers/promises';
import { waitUntil } from '../../packages/durable-jobs/src/dev/wait.ts';
import { connect } from '../connect.ts';
import { quantile } from '../figures.ts';
import { addPile, addUsers, emailTimes } from '../overdue.ts';
import { definePart, type Contender } from '../part.ts';

/** Runs that really take place. The others are copies of their rows in the engine's lists. */
const REAL = 200;

/** Viewers share the sections of the home page for 2 s (packages/durable-jobs/src/console/part.ts), so each request waits for longer than that. */
const HOME_PAGE_SHARED_MS = 2_100;
const HOME_PAGES = 20;

const JOB_TYPE = 'sendWelcomeEmail';

/** Lists of many runs. */
export const lists = definePart({
  name: 'lists',
  title: 'Lists of many runs',
  about:
    "Requests one after another, on an idle system whose engine lists that many closed runs on PostgreSQL. A few hundred runs took place; the others are copies of their rows in the engine's " +
    'visibility store, with ids and times of their own. Goals: `GET /api/jobs` p95 under 100 ms, the home page under 300 ms.',
  sizes: { runs: 100_000, requests: 100 },
  figures: [
    { key: 'p95', label: 'p95, ms', better: 'less' },
    { key: 'p50', label: 'p50, ms', better: 'less' },
    { key: 'incomplete', label: 'pages that lack a section, %', better: 'less' },
  ],
  engine: 'postgres-4',
  rounds: 3,
  warmUp: true,
  async open({ runs, requests }, context) {
    const { signal, report } = context;
    const stack = await context.startStack({
      env: { OUTBOX_STARTS_PER_SECOND: '1000', RATE_LIMIT_PER_MINUTE: '1000000' },
    });
    const { urls, apiKey } = stack.info();
    const { visibilityUrl } = stack;
    if (visibilityUrl === undefined) throw new Error('lists require an engine on PostgreSQL');
    const database = await connect(urls.database, context);
    const visibility = await connect(visibilityUrl, context);
    await addPile(database, await addUsers(database, 'lists', REAL));
    await emailTimes(database, 'pile', signal);
    const closed = async (): Promise<number> => {
      const { rows } = await visibility.query<{ count: number }>(
        `SELECT count(*)::integer AS count FROM executions_visibility WHERE workflow_type_name = $1 AND status = 2`,
        [JOB_TYPE],
      );
      return rows[0]?.count ?? 0;
    };
    await waitUntil(async () => (await closed()) === REAL, {
      what: 'the engine does not list all runs',
      timeoutMs: 120_000,
      signal,
    });
    await visibility.query(COPY, [JOB_TYPE, Math.ceil((runs - REAL) / REAL), Math.max(0, runs - REAL)]);
    await visibility.query('ANALYZE executions_visibility');
    report(`  the engine lists ${(await closed()).toLocaleString('en')} runs`);

    const get = (
      name: string,
      path: string,
      accept: string,
      { count = requests, pauseMs = 0 } = {},
    ): Contender => ({
      name,
      measure: async () => {
        const times: number[] = [];
        let incomplete = 0;
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
        return {
          p95: quantile(times, 0.95),
          p50: quantile(times, 0.5),
          incomplete: (incomplete * 100) / count,
        };
      },
    });
    return [
      get('GET /api/jobs', '/api/jobs', 'application/json'),
      get('GET /api/jobs, one type', `/api/jobs?type=${JOB_TYPE}`, 'application/json'),
      get('GET /api/jobs, failed', '/api/jobs?status=failed', 'application/json'),
      get('the page of jobs', '/api/jobs', 'text/html'),
      get('the home page', '/', 'text/html', {
        count: Math.min(requests, HOME_PAGES),
        pauseMs: HOME_PAGE_SHARED_MS,
      }),
    ];
  },
});

/** Copies the rows of closed runs $2 times, at most $3 in total: each a second earlier, with another business key. */
const COPY = `
  INSERT INTO executions_visibility (
    namespace_id, run_id, _version, start_time, execution_time, workflow_id, workflow_type_name, status, close_time, history_length,
    history_size_bytes, execution_duration, state_transition_count, memo, encoding, task_queue, search_attributes, root_workflow_id, root_run_id)
  SELECT namespace_id, copy.run_id, _version, start_time - copy.age, execution_time - copy.age, copy.workflow_id, workflow_type_name, status,
    close_time - copy.age, history_length, history_size_bytes, execution_duration, state_transition_count, memo, encoding, task_queue,
    search_attributes, copy.workflow_id, copy.run_id
  FROM executions_visibility AS real CROSS JOIN generate_series(1, $2::integer) AS n
  CROSS JOIN LATERAL (
    SELECT gen_random_uuid()::text AS run_id, 'send-welcome-email:' || gen_random_uuid() AS workflow_id, n * interval '1 second' AS age
    WHERE real.run_id IS NOT NULL) AS copy
  WHERE workflow_type_name = $1 AND status = 2
  LIMIT $3`;
