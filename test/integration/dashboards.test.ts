import { sendWelcomeEmail } from '../../contracts/jobs/send-welcome-email.ts';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import { parse } from 'yaml';
import { beforeAll, describe, expect, it } from 'vitest';
import { enqueueStart } from '../../packages/durable-jobs/src/jobs/outbox/enqueue.ts';
import { attemptNow, eventually, jobWithStatus } from '../support/jobs.ts';
import { readMetrics, type Sample } from '../support/metrics.ts';
import { startApi, startWorker } from '../support/processes.ts';
import { request, useService } from '../support/service.ts';

const read = (path: string): string => readFileSync(new URL(`../../deploy/${path}`, import.meta.url), 'utf8');

interface Expression {
  where: string;
  text: string;
}

const dashboard = JSON.parse(read('grafana/dashboards/durable-jobs.json')) as {
  panels: { title: string; type: string; targets?: { expr: string; legendFormat: string }[] }[];
};
const alerts = parse(read('prometheus/alerts.yml')) as {
  groups: { rules: { alert: string; expr: string; annotations: { summary: string } }[] }[];
};

/** Grafana inserts a duration in place of its variable. */
const withoutVariables = (text: string): string => text.replaceAll('$__rate_interval', '1m');

const ofPanels: Expression[] = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => ({ where: `panel ${title}`, text: withoutVariables(expr) })),
);
const ofAlerts: Expression[] = alerts.groups.flatMap(({ rules }) =>
  rules.map(({ alert, expr }) => ({ where: `alert ${alert}`, text: expr })),
);

/** A selector of an expression: its metric, and the labels in it or in what surrounds it. */
interface Selector {
  metric: string;
  matchers: { label: string; operator: string; value: string }[];
  groupedBy: string[];
}

/**
 * Parses an expression.
 * @throws if it is not PromQL.
 */
function selectorsOf({ where, text }: Expression): Selector[] {
  const selectors: Selector[] = [];
  const textOf = (node: SyntaxNode): string => text.slice(node.from, node.to);
  const visit = (node: SyntaxNode, groupedBy: string[]): void => {
    if (node.type.isError) throw new Error(`${where} is not PromQL near "${text.slice(node.from)}"`);
    if (node.name === 'VectorSelector') {
      const name = node.getChild('Identifier');
      const matchers = descendants(node, 'UnquotedLabelMatcher').map((matcher) => {
        const [, label = '', operator = '', value = ''] =
          /^(\w+)\s*(=~|!~|!=|=)\s*"(.*)"$/.exec(textOf(matcher)) ?? [];
        return { label, operator, value };
      });
      selectors.push({ metric: name ? textOf(name) : '', matchers, groupedBy });
    }
    const own =
      node.name === 'AggregateExpr' ? descendants(node.getChild('AggregateModifier'), 'LabelName') : [];
    const grouping = [...groupedBy, ...own.map(textOf)];
    for (let child = node.firstChild; child; child = child.nextSibling) visit(child, grouping);
  };
  visit(parser.parse(text).topNode, []);
  return selectors;
}

function descendants(node: SyntaxNode | null, name: string): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = node?.firstChild; child; child = child.nextSibling) {
    if (child.name === name) found.push(child);
    found.push(...descendants(child, name));
  }
  return found;
}

/** Added by Prometheus itself. */
const ofScraping: Sample[] = ['durable-jobs-api', 'durable-jobs-worker'].map((job) => ({
  name: 'up',
  labels: { job, instance: '127.0.0.1:1' },
  value: 1,
}));

const matches = (given: string, operator: string, value: string): boolean => {
  const same = operator.includes('~') ? new RegExp(`^(?:${value})$`).test(given) : given === value;
  return operator.startsWith('!') ? !same : same;
};

describe('the dashboard and the alerts', () => {
  const service = useService({ workers: false });
  let samples: Sample[];

  beforeAll(async () => {
    const [api, worker] = await Promise.all([startApi(service), startWorker(service)]);
    try {
      // One job that fails permanently, and one that is retried, so that the metrics of both exist.
      const { jobId } = await service.db
        .transaction()
        .execute((trx) => enqueueStart(trx, sendWelcomeEmail, { userId: randomUUID() }));
      await service.db.updateTable('outbox').set({ nextAttemptAt: new Date() }).execute();
      await jobWithStatus(service, jobId, 'failed');
      const email = `panels-${randomUUID()}@example.com`;
      service.mail.refuseWith(451);
      const registered = await request(api.url, 'POST', '/api/auth/register', {
        email,
        name: 'Ada',
        password: 'correct horse battery',
      });
      const welcome = (registered.body as { jobId: string }).jobId;
      await jobWithStatus(service, welcome, 'retrying');
      service.mail.refuseWith(undefined);
      await attemptNow(service, welcome);
      await jobWithStatus(service, welcome, 'completed');
      await service.client.schedule.create({
        scheduleId: 'declared-for-panels',
        spec: { intervals: [{ every: '1h' }] },
        action: {
          type: 'startWorkflow',
          workflowType: 'refreshStatistics',
          taskQueue: 'jobs',
          args: [{}],
        },
        memo: { managedBy: 'declared' },
      });
      await service.client.schedule.getHandle('declared-for-panels').trigger();
      // A source that takes too long on a busy machine is missing from a page.
      const used = new Set([...ofPanels, ...ofAlerts].flatMap(selectorsOf).map(({ metric }) => metric));
      const expected = [...used].filter((metric) => !rare.has(metric));
      samples = await eventually(async () => {
        const found = [
          ...ofScraping,
          ...withJob('api', await readMetrics(api)),
          ...withJob('worker', await readMetrics(worker)),
        ];
        expect(names(found)).toEqual(expect.arrayContaining(expected));
        return found;
      }, 120_000);
    } finally {
      await Promise.all([api.stop(), worker.stop()]);
    }
  }, 300_000);

  it('have panels and rules at all', () => {
    expect(ofPanels.length).toBeGreaterThan(25);
    expect(ofAlerts.length).toBeGreaterThan(10);
  });

  it.each([...ofPanels, ...ofAlerts])('$where uses only existing metrics and labels', (expression) => {
    const selectors = selectorsOf(expression);
    expect(selectors.length).toBeGreaterThan(0);
    for (const { metric, matchers, groupedBy } of selectors) {
      if (rare.has(metric)) continue;
      const found = samples.filter(({ name }) => name === metric);
      expect(found.length, metric).toBeGreaterThan(0);
      const labels = new Set(found.flatMap((sample) => Object.keys(sample.labels)));
      for (const label of groupedBy) expect([...labels], `${metric} by ${label}`).toContain(label);
      for (const { label, operator, value } of matchers) {
        expect([...labels], `${metric}{${label}}`).toContain(label);
        if (label === 'status') continue;
        const values = found.map((sample) => sample.labels[label] ?? '');
        expect(
          values.some((given) => matches(given, operator, value)),
          `${metric}{${label}${operator}${value}}`,
        ).toBe(true);
      }
    }
  });

  it('name in legends and summaries only labels that the query keeps', () => {
    const texts = [
      ...dashboard.panels.flatMap(({ title, targets = [] }) =>
        targets.map(({ expr, legendFormat }) => ({
          where: title,
          expr: withoutVariables(expr),
          named: [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label ?? ''),
        })),
      ),
      ...alerts.groups.flatMap(({ rules }) =>
        rules.map(({ alert, expr, annotations }) => ({
          where: alert,
          expr,
          named: [...annotations.summary.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label ?? ''),
        })),
      ),
    ];
    for (const { where, expr, named } of texts) {
      const aggregated = selectorsOf({ where, text: expr }).some(({ groupedBy }) => groupedBy.length > 0);
      const kept = aggregated
        ? selectorsOf({ where, text: expr }).flatMap(({ groupedBy }) => groupedBy)
        : [...named];
      for (const label of named) expect(kept, `${where}: ${label}`).toContain(label);
    }
  });

  it('reports an invalid expression', () => {
    expect(() => selectorsOf({ where: 'a panel', text: 'sum by (type) (rate(x[5m])' })).toThrow(/not PromQL/);
  });

  it.skipIf(!hasPromtool())('are valid by Prometheus itself: apt-get install prometheus', () => {
    const rules = new URL('../../deploy/prometheus/alerts.yml', import.meta.url).pathname;
    expect(execFileSync('promtool', ['check', 'rules', rules], { encoding: 'utf8' })).toContain('SUCCESS');
  });

  it.skipIf(!hasPromtool())('fire when their tests say so: apt-get install prometheus', () => {
    const tests = new URL('../../deploy/prometheus/alerts.test.yml', import.meta.url).pathname;
    expect(execFileSync('promtool', ['test', 'rules', tests], { encoding: 'utf8' })).toContain('SUCCESS');
  });
});

/** Counters of the SDK that only exist after an error. */
const rare: ReadonlySet<string> = new Set([
  'durable_jobs_metrics_source_failures_total',
  'temporal_workflow_task_execution_failed_total',
  'temporal_request_failure_total',
]);

const names = (samples: readonly Sample[]): string[] => samples.map(({ name }) => name);

const withJob = (role: string, samples: readonly Sample[]): Sample[] =>
  samples.map((sample) => ({
    ...sample,
    labels: { ...sample.labels, job: `durable-jobs-${role}`, instance: '127.0.0.1:1' },
  }));

function hasPromtool(): boolean {
  try {
    execFileSync('promtool', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
