import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { ownTaskQueues } from '../../contracts/task-queues.ts';
import { taskQueueNames } from '../../packages/durable-jobs/src/engine/declared-queues.ts';
import { resolveHelm } from '../support/servers/helm.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const chart = `${root}deploy/kubernetes`;
const read = (path: string): string => readFileSync(root + path, 'utf8');
const helm = await resolveHelm(() => undefined);

/** The fields of objects that the tests below read. */
interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; annotations?: Record<string, string> };
  spec: Record<string, unknown>;
}

interface Container {
  command: string[];
  env: { name: string; value: string }[];
  ports?: { name: string; containerPort: number }[];
  volumeMounts: { name: string; mountPath: string }[];
  resources: { limits: { memory: string } };
  securityContext: object;
  lifecycle?: { preStop: { sleep: { seconds: number } } };
  startupProbe?: Probe;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
}

interface Probe {
  httpGet: { path: string; port: string };
}

interface PodSpec {
  containers: [Container];
  serviceAccountName: string;
  automountServiceAccountToken: boolean;
  enableServiceLinks: boolean;
  securityContext: object;
  terminationGracePeriodSeconds?: number;
  volumes: { name: string; secret?: { items: { key: string }[] } }[];
}

interface NetworkPolicySpec {
  podSelector: { matchLabels: Record<string, string> };
  policyTypes: string[];
  ingress?: { ports: { port: number }[]; from: object[] }[];
  egress?: { ports: { port: number; protocol: string }[]; to?: object[] }[];
}

const required = {
  image: { repository: 'registry.example.com/durable-jobs' },
  env: {
    DATABASE_URL: 'postgres://durable_jobs@db.example.com/durable_jobs',
    TEMPORAL_ADDRESS: 'temporal-frontend.temporal:7233',
    SMTP_URL: 'smtps://user@smtp.example.com',
    PAYMENT_SANDBOX_URL: 'http://payment-sandbox:12111',
  },
};

/** Everything that the chart can do, with values that appear nowhere else. */
const everything = {
  image: { ...required.image, pullSecrets: ['registry'] },
  env: {
    ...required.env,
    AMQP_URL: 'amqps://user@broker.example.com',
    API_BASE_PATH: '/ops',
    BULK_MAX_BYTES: 536_870_912,
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
    OTEL_TRACES_SAMPLER_ARG: 0.1,
  },
  secrets: { existingSecret: 'shop-secrets', variables: ['API_KEY', 'APP_SECRET', 'STRIPE_API_KEY'] },
  api: { autoscaling: { enabled: true }, preStopSeconds: 10, cpuLimit: 1 },
  workers: { bulk: { env: { DATABASE_POOL_SIZE: 20 } } },
  ingress: {
    enabled: true,
    className: 'nginx',
    hosts: ['shop.example.com'],
    annotations: { a: 'b' },
    tls: [{ hosts: ['shop.example.com'], secretName: 'tls' }],
  },
  monitoring: { podMonitor: { enabled: true, labels: { release: 'p' } }, prometheusRule: { enabled: true } },
  extraVolumes: [{ name: 'certificates', configMap: { name: 'certificates' } }],
  extraVolumeMounts: [{ name: 'certificates', mountPath: '/etc/certificates' }],
};

const keda = {
  ...required,
  autoscaling: { kind: 'keda', keda: { prometheusAddress: 'http://prometheus:9090' } },
};

/** Two Deployments of workers, and nothing that is optional. */
const small = {
  ...required,
  workers: {
    jobs: null,
    mail: null,
    payments: null,
    bulk: null,
    services: null,
    all: { taskQueues: ['jobs', 'mail', 'payments', 'services'], autoscaling: { enabled: true } },
    slow: { taskQueues: ['bulk'] },
  },
  autoscaling: { kind: 'hpa' },
  serviceAccount: { create: false, name: 'shop' },
  podDisruptionBudget: { enabled: false },
  networkPolicy: { enabled: false },
};

const sets = { required, everything, keda, small };

async function run(command: string, values: object): Promise<string> {
  const { stdout } = await execa(helm.path ?? '', command.split(' '), { input: stringify(values) });
  return stdout;
}

const rendered = new Map<object, Promise<KubernetesObject[]>>();

/** Renders the chart once for each set of values, and reads the objects as Kubernetes does, which has YAML 1.1. */
function render(values: object): Promise<KubernetesObject[]> {
  const objects = rendered.get(values) ?? renderAgain(values);
  rendered.set(values, objects);
  return objects;
}

async function renderAgain(values: object): Promise<KubernetesObject[]> {
  const text = await run(`template shop ${chart} --namespace jobs --kube-version 1.31.0 --values -`, values);
  return parseAllDocuments(text, { version: '1.1' })
    .map((document) => document.toJS() as KubernetesObject | null)
    .filter((object) => object !== null);
}

/** What Helm prints about wrong values. */
async function refusal(values: object): Promise<string> {
  const options = ['--kube-version', '1.31.0', '--values', '-'];
  const { stderr, exitCode } = await execa(helm.path ?? '', ['template', 'shop', chart, ...options], {
    input: stringify(values),
    reject: false,
  });
  expect(exitCode).toBe(1);
  return stderr;
}

const ofKind = (objects: KubernetesObject[], ...kinds: string[]) =>
  objects.filter(({ kind }) => kinds.includes(kind));
const podOf = ({ spec }: KubernetesObject): PodSpec => (spec.template as { spec: PodSpec }).spec;
const processOf = ({ command }: Container): string => command.join(' ');
const environmentOf = ({ env }: Container): Record<string, string> =>
  Object.fromEntries(env.map(({ name, value }) => [name, value]));
const named = (objects: KubernetesObject[], kind: string, name: string): KubernetesObject => {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found;
};

/** The validators of every kind that the chart renders, for each release of Kubernetes. */
function validators(): Map<string, Partial<Record<string, ValidateFunction>>> {
  const { releases, custom } = JSON.parse(read('test/kubernetes/schemas.json')) as {
    releases: Record<string, { kinds: Record<string, string>; $defs: object }>;
    custom: Record<string, object>;
  };
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  const ofCustom = Object.entries(custom).map(([kind, schema]) => [kind, ajv.compile(schema)]);
  return new Map(
    Object.entries(releases).map(([release, { kinds, $defs }]) => {
      ajv.addSchema({ $id: release, $defs });
      const ofRelease = Object.entries(kinds).map(([kind, definition]) => [
        kind,
        ajv.compile({ $ref: `${release}#/$defs/${definition}` }),
      ]);
      return [release, Object.fromEntries([...ofRelease, ...ofCustom]) as Record<string, ValidateFunction>];
    }),
  );
}

const lists = parse(read('deploy/kubernetes/files/variables.yaml')) as Record<
  'variables' | 'secrets',
  { readers: string[]; names: string[] }[]
>;

describe('the files of the chart', () => {
  const example = new Set(
    [...read('.env.example').matchAll(/^(?:# )?([A-Z][A-Z0-9_]+)=/gm)].map(([, name = '']) => name),
  );
  const listed = [...lists.variables, ...lists.secrets].flatMap(({ names }) => names);
  /** What the chart sets itself, or what is not for its processes. */
  const others = [
    ...['API_HOST', 'API_PORT', 'API_METRICS_HOST', 'API_METRICS_PORT', 'API_SHUTDOWN_GRACE'],
    ...['WORKER_HEALTH_HOST', 'WORKER_HEALTH_PORT', 'WORKER_SHUTDOWN_GRACE', 'WORKER_TASK_QUEUES'],
    // The image sets it.
    'NODE_ENV',
    // By a file, as it is secret.
    'TEMPORAL_TLS_CLIENT_KEY_DATA',
    // Of npm run bulk, docker compose and the local stack.
    ...['API_URL', 'TEMPORAL_DB_PASSWORD', 'POSTGRES_PASSWORD', 'RABBITMQ_PASSWORD', 'POSTGRES_PORT'],
    ...[
      'TEMPORAL_DISPATCH',
      'TEMPORAL_PORT',
      'TEMPORAL_UI_PORT',
      'TEMPORAL_CODEC_ENDPOINT',
      'INBOX_PORT',
      'SMTP_PORT',
    ],
    ...['PAYMENT_SANDBOX_PORT', 'RABBITMQ_UI_PORT', 'PROMETHEUS_PORT', 'ALERTMANAGER_PORT', 'GRAFANA_PORT'],
    ...['COMPOSE_PROFILES', 'COMPOSE_PROJECT_NAME'],
  ];

  it('list every variable of .env.example that a process reads, once', () => {
    expect(new Set([...listed, ...others])).toEqual(example);
    expect(new Set(listed).size).toBe(listed.length);
  });

  it('give each process the variables that its configuration reads', () => {
    const library = read('packages/durable-jobs/src/config/config.ts');
    const own = read('domain/config.ts');
    const shape = (source: string, schema: string): string[] => {
      const [, text = ''] = source.split(new RegExp(`^const ${schema} = `, 'm'));
      const [body = ''] = text.split(/^ {0,2}\}\)/m);
      return [...body.matchAll(/^ {2,4}([A-Z][A-Z0-9_]+): /gm)].map(([, name = '']) => name);
    };
    const common = shape(library, 'common');
    const readersOf = (name: string): string[] =>
      [...lists.variables, ...lists.secrets].find(({ names }) => names.includes(name))?.readers ?? [];
    for (const [process, schemas] of [
      ['api', [...common, ...shape(library, 'api'), ...shape(own, 'api')]],
      ['worker', [...common, ...shape(library, 'worker'), ...shape(own, 'worker')]],
    ] as const) {
      expect(schemas.length).toBeGreaterThan(20);
      const expected = schemas.filter((name) => listed.includes(name));
      for (const name of expected) expect(readersOf(name), `${process}: ${name}`).toContain(process);
      const passed = listed.filter((name) => readersOf(name).includes(process));
      const foreign = passed.filter(
        (name) => !schemas.includes(name.replace(/_FILE$/, '')) && !/^(?:TEMPORAL|OTEL)_/.test(name),
      );
      expect(foreign, process).toEqual([]);
    }
  });

  it('allow the same variables in the schema of the values', () => {
    const { definitions } = JSON.parse(read('deploy/kubernetes/values.schema.json')) as {
      definitions: { env: { properties: object } };
    };
    const allowed = [
      ...lists.variables.flatMap(({ names }) => names),
      ...lists.secrets.flatMap(({ names }) => names.map((name) => `${name}_FILE`)),
    ];
    expect(new Set(Object.keys(definitions.env.properties))).toEqual(new Set(allowed));
  });

  it('have the version of the application and its alerts', () => {
    const { version } = JSON.parse(read('package.json')) as { version: string };
    expect(parse(read('deploy/kubernetes/Chart.yaml'))).toMatchObject({ version, appVersion: version });
    expect(read('deploy/kubernetes/files/alerts.yml')).toBe(read('deploy/prometheus/alerts.yml'));
  });

  it('contain no secret', () => {
    const values = parse(read('deploy/kubernetes/values.yaml')) as { env: object };
    expect(values.env).toEqual({});
  });
});

describe.skipIf(helm.path === undefined)(`the chart ${helm.howToGet ?? ''}`, () => {
  it('passes the linter of Helm with all warnings', async () => {
    const printed = await run(`lint ${chart} --strict --values -`, everything);
    expect(printed).toContain('0 chart(s) failed');
    expect(printed).not.toMatch(/\[(?:WARNING|ERROR)\]/);
  });

  it('renders objects that Kubernetes accepts', async () => {
    const releases = validators();
    const errorsOf = (object: KubernetesObject): unknown[] => {
      const kind = `${object.apiVersion}/${object.kind}`;
      return [...releases].flatMap(([release, ofKinds]) => {
        const validate = ofKinds[kind];
        if (validate === undefined) throw new Error(`there is no schema for ${kind}`);
        const valid: boolean = validate(object);
        return valid ? [] : [{ release, name: object.metadata.name, errors: validate.errors }];
      });
    };
    const kinds = new Set<string>();
    for (const values of Object.values(sets)) {
      const objects = await render(values);
      expect(objects.flatMap(errorsOf)).toEqual([]);
      const names = objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
      expect(new Set(names).size).toBe(names.length);
      for (const object of objects) {
        kinds.add(object.kind);
        const misspelled = { ...object, spec: { ...object.spec, replica: 1 } };
        if (object.kind !== 'ServiceAccount') expect(errorsOf(misspelled)).toHaveLength(releases.size);
      }
    }
    expect(kinds.size).toBe(11);
  });

  it.each(Object.entries(sets))('serves every task queue once: %s', async (_name, values) => {
    const workers = ofKind(await render(values), 'Deployment')
      .map((object) => podOf(object).containers[0])
      .filter((container) => processOf(container) === 'node dist/worker/main.js');
    const served = workers.flatMap((worker) => environmentOf(worker).WORKER_TASK_QUEUES?.split(',') ?? []);
    expect(served.toSorted()).toEqual(taskQueueNames(ownTaskQueues).toSorted());
  });

  it.each(Object.entries(sets))('gives no pod more rights than it needs: %s', async (_name, values) => {
    for (const object of ofKind(await render(values), 'Deployment', 'Job')) {
      const pod = podOf(object);
      const [container] = pod.containers;
      expect(pod).toMatchObject({
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
      });
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      const heap = Number(/=(\d+)$/.exec(environmentOf(container).NODE_OPTIONS ?? '')?.[1]);
      expect(heap).toBeLessThanOrEqual(parseInt(container.resources.limits.memory, 10) * 0.75);
      expect(container.volumeMounts.map(({ mountPath }) => mountPath)).toContain('/tmp');
    }
  });

  it('runs programs that the image contains', async () => {
    const dockerfile = read('Dockerfile');
    for (const object of ofKind(await render(required), 'Deployment', 'Job'))
      expect(dockerfile).toContain(processOf(podOf(object).containers[0]));
  });

  it('passes secrets as files, and to those alone who read them', async () => {
    const objects = await render(everything);
    const secrets = (kind: string, name: string): string[] => {
      const pod = podOf(named(objects, kind, `shop-durable-jobs-${name}`));
      const items = pod.volumes.flatMap(({ secret }) => secret?.items.map(({ key }) => key) ?? []);
      const files = Object.entries(environmentOf(pod.containers[0])).filter(([key]) => key.endsWith('_FILE'));
      expect(files.map(([key]) => key).toSorted()).toEqual(items.map((key) => `${key}_FILE`).toSorted());
      for (const [key, value] of files)
        expect(value).toBe(`/run/secrets/durable-jobs/${key.slice(0, -'_FILE'.length)}`);
      return items.toSorted();
    };
    expect(secrets('Deployment', 'api')).toEqual(['API_KEY', 'APP_SECRET']);
    expect(secrets('Deployment', 'worker-payments')).toEqual(['APP_SECRET', 'STRIPE_API_KEY']);
    expect(secrets('Job', 'migrate')).toEqual([]);
    expect(ofKind(objects, 'Secret')).toEqual([]);
    const secretNames = new Set(lists.secrets.flatMap(({ names }) => names));
    for (const object of ofKind(objects, 'Deployment', 'Job')) {
      const plain = Object.keys(environmentOf(podOf(object).containers[0])).filter((key) =>
        secretNames.has(key),
      );
      expect(plain).toEqual([]);
    }
  });

  it('writes numbers as the processes read them, and lets a group of workers differ', async () => {
    const objects = await render(everything);
    const of = (name: string) =>
      environmentOf(podOf(named(objects, 'Deployment', `shop-durable-jobs-${name}`)).containers[0]);
    expect(of('api')).toMatchObject({ BULK_MAX_BYTES: '536870912', OTEL_TRACES_SAMPLER_ARG: '0.1' });
    expect(of('worker-bulk')).toMatchObject({ DATABASE_POOL_SIZE: '20' });
    expect(of('worker-jobs')).not.toHaveProperty('DATABASE_POOL_SIZE');
  });

  it('asks the endpoints that the processes have', async () => {
    const routes = ['/healthz', '/readyz'];
    const sources = {
      api: read('packages/durable-jobs/src/http/health-routes.ts'),
      worker: read('packages/durable-jobs/src/worker/health.ts'),
    };
    for (const object of ofKind(await render(required), 'Deployment')) {
      const [container] = podOf(object).containers;
      const environment = environmentOf(container);
      const process = processOf(container).includes('api') ? 'api' : 'worker';
      const port = process === 'api' ? environment.API_PORT : environment.WORKER_HEALTH_PORT;
      for (const probe of [container.startupProbe, container.livenessProbe, container.readinessProbe]) {
        expect(routes).toContain(probe?.httpGet.path);
        expect(sources[process]).toContain(`'${probe?.httpGet.path}'`);
        const { containerPort } = container.ports?.find(({ name }) => name === probe?.httpGet.port) ?? {};
        expect(String(containerPort)).toBe(port);
      }
      // A process that waits for a database or an engine is alive: a restart would not help it.
      expect(container.startupProbe?.httpGet.path).toBe('/healthz');
      expect(container.livenessProbe?.httpGet.path).toBe('/healthz');
    }
  });

  it('gives each process longer to stop than it takes', async () => {
    for (const object of ofKind(await render(everything), 'Deployment')) {
      const { containers, terminationGracePeriodSeconds } = podOf(object);
      const [{ lifecycle, ...container }] = containers;
      const environment = environmentOf(container);
      const grace = parseInt(environment.API_SHUTDOWN_GRACE ?? environment.WORKER_SHUTDOWN_GRACE ?? '', 10);
      const pause = lifecycle?.preStop.sleep.seconds ?? 0;
      expect(terminationGracePeriodSeconds).toBeGreaterThanOrEqual(pause + grace + 10);
    }
  });

  it('migrates before an installation or upgrade, and applies the schedules after it and after a rollback', async () => {
    const objects = await render(required);
    const hook = (kind: string, name: string) => named(objects, kind, name).metadata.annotations ?? {};
    const policy = hook('NetworkPolicy', 'shop-durable-jobs-migrate');
    const migrate = hook('Job', 'shop-durable-jobs-migrate');
    const schedules = hook('Job', 'shop-durable-jobs-schedules');
    expect(migrate['helm.sh/hook']).toBe('pre-install,pre-upgrade');
    expect(policy['helm.sh/hook']).toBe(migrate['helm.sh/hook']);
    // A release that is rolled back may have declared schedules of jobs that the previous one does not know.
    expect(schedules['helm.sh/hook']).toBe('post-install,post-upgrade,post-rollback');
    expect(Number(policy['helm.sh/hook-weight'])).toBeLessThan(Number(migrate['helm.sh/hook-weight']));
    for (const annotations of [policy, migrate, schedules])
      expect(annotations['helm.sh/hook-delete-policy']).toContain('before-hook-creation');
    // Hooks run before the chart's service account exists.
    expect(podOf(named(objects, 'Job', 'shop-durable-jobs-migrate')).serviceAccountName).toBe('default');
  });

  it('denies connections by default, and allows each one that is used', async () => {
    const objects = await render(everything);
    const policies = ofKind(objects, 'NetworkPolicy').map(({ metadata, spec }) => ({
      name: metadata.name.replace('shop-durable-jobs', ''),
      ...(spec as unknown as NetworkPolicySpec),
    }));
    const egress = (name: string): number[] => {
      const rules = policies.find((policy) => policy.name === name)?.egress ?? [];
      return [...new Set(rules.flatMap(({ ports }) => ports.map(({ port }) => port)))].toSorted(
        (a, b) => a - b,
      );
    };
    const [denied] = policies.filter(({ ingress, egress: rules }) => ingress === undefined && !rules);
    expect(denied).toMatchObject({ name: '', policyTypes: ['Ingress', 'Egress'] });
    expect(denied?.podSelector.matchLabels).not.toHaveProperty('app.kubernetes.io/component');
    expect(egress('-migrate')).toEqual([53, 5432]);
    expect(egress('-schedules')).toEqual([53, 5432, 7233]);
    expect(egress('-api')).toEqual([53, 4318, 5432, 7233]);
    // Mail, Stripe because of its key, and the broker.
    expect(egress('-worker')).toEqual([53, 443, 465, 4318, 5432, 5671, 7233]);
    for (const object of ofKind(objects, 'Deployment', 'Job')) {
      const template = object.spec.template as {
        metadata: { labels: Record<string, string> };
        spec: PodSpec;
      };
      const component = template.metadata.labels['app.kubernetes.io/component'] ?? '';
      const policy = policies.find(({ name }) => name === `-${component}`);
      expect(template.metadata.labels).toMatchObject(
        policy?.podSelector.matchLabels ?? { policy: 'missing' },
      );
      const open = policy?.ingress?.flatMap(({ ports }) => ports.map(({ port }) => port)) ?? [];
      const listens = template.spec.containers[0].ports?.map(({ containerPort }) => containerPort) ?? [];
      expect(open.toSorted()).toEqual(listens.toSorted());
      // A rule without peers would allow everyone.
      for (const { from } of policy?.ingress ?? []) expect(from.length).toBeGreaterThan(0);
    }
    // Nodes may have a DNS cache, whose address is not that of a pod.
    const [dns] = policies.find(({ name }) => name === '-worker')?.egress ?? [];
    expect(dns).toEqual({
      ports: [
        { protocol: 'UDP', port: 53 },
        { protocol: 'TCP', port: 53 },
      ],
    });
    const closed = await render({ ...required, networkPolicy: { apiFrom: [], metricsFrom: [] } });
    expect(named(closed, 'NetworkPolicy', 'shop-durable-jobs-worker').spec).not.toHaveProperty('ingress');
  });

  it('lets workers connect to what a group of them alone uses', async () => {
    const objects = await render({
      ...required,
      workerDefaults: { env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' } },
      workers: {
        mail: { env: { SMTP_URL: 'smtp://relay:2525' } },
        services: { env: { AMQP_URL: 'amqp://user@broker' } },
      },
    });
    const ports = (name: string): number[] =>
      (
        named(objects, 'NetworkPolicy', `shop-durable-jobs-${name}`).spec as unknown as NetworkPolicySpec
      ).egress?.flatMap((rule) => rule.ports.map(({ port }) => port)) ?? [];
    expect(ports('worker')).toEqual(expect.arrayContaining([465, 2525, 4318, 5672]));
    expect(ports('api')).not.toContain(4318);
  });

  it('scales workers by the age of the backlog of their queues', async () => {
    const metric = 'durable_jobs_task_queue_backlog_age_seconds';
    expect(read('packages/durable-jobs/src/metrics/engine-metrics.ts')).toContain(metric);
    const byHpa = await render(small);
    const hpa = named(byHpa, 'HorizontalPodAutoscaler', 'shop-durable-jobs-worker-all').spec as {
      metrics: { external: { metric: { name: string; selector: { matchLabels: { queue: string } } } } }[];
    };
    expect(hpa.metrics.map(({ external }) => external.metric.selector.matchLabels.queue)).toEqual(
      small.workers.all.taskQueues,
    );
    for (const { external } of hpa.metrics) expect(external.metric.name).toBe(metric);
    // Otherwise each upgrade would set the number of workers back.
    expect(named(byHpa, 'Deployment', 'shop-durable-jobs-worker-all').spec).not.toHaveProperty('replicas');
    expect(named(byHpa, 'Deployment', 'shop-durable-jobs-worker-slow').spec).toHaveProperty('replicas', 1);
    const scaled = ofKind(await render(keda), 'ScaledObject').map(({ metadata, spec }) => [
      metadata.name.replace('shop-durable-jobs-worker-', ''),
      (spec.triggers as { metadata: { query: string } }[]).map((trigger) => trigger.metadata.query),
    ]);
    expect(Object.fromEntries(scaled)).toEqual(
      Object.fromEntries(
        ['jobs', 'mail', 'payments', 'bulk'].map((queue) => [
          queue,
          [`max(${metric}{namespace="jobs",queue="${queue}"})`],
        ]),
      ),
    );
  });

  it('names the scraped jobs as the alerts do', async () => {
    const objects = await render(everything);
    const alerts = read('deploy/prometheus/alerts.yml');
    for (const { spec } of ofKind(objects, 'PodMonitor')) {
      const [endpoint] = spec.podMetricsEndpoints as [{ relabelings: { replacement: string }[] }];
      expect(alerts).toContain(`job="${endpoint.relabelings[0]?.replacement}"`);
    }
    expect(named(objects, 'PrometheusRule', 'shop-durable-jobs').spec).toEqual(parse(alerts));
    const ingress = named(objects, 'Ingress', 'shop-durable-jobs').spec as {
      rules: { http: { paths: { path: string }[] } }[];
    };
    expect(ingress.rules[0]?.http.paths[0]?.path).toBe('/ops');
  });

  it('renders with the values that its documentation shows', async () => {
    const blocks = [...read('docs/kubernetes.md').matchAll(/^```yaml\n([\s\S]*?)^```/gm)];
    const [production, fewer] = blocks.map(([, text = '']) => parse(text) as object);
    const objects = await render({ ...production, ...fewer });
    const deployments = ofKind(objects, 'Deployment').map(({ metadata }) => metadata.name);
    expect(deployments.toSorted()).toEqual(
      ['api', 'worker-all', 'worker-bulk'].map((name) => `shop-durable-jobs-${name}`),
    );
    expect(ofKind(objects, 'Ingress')).toHaveLength(1);
  });

  it('names the logs of those jobs alone that run', async () => {
    const notes = async (values: object): Promise<string> => {
      const text = await run(`install shop ${chart} --namespace jobs --dry-run=client --values -`, {
        ...required,
        secrets: { existingSecret: 'shop', variables: ['API_KEY', 'APP_SECRET'] },
        ...values,
      });
      return text.slice(text.indexOf('\nNOTES:'));
    };
    const all = await notes({});
    expect(all).toContain('logs job/shop-durable-jobs-migrate');
    expect(all).toContain('logs job/shop-durable-jobs-schedules');
    const none = await notes({
      migrate: { enabled: false },
      schedules: { enabled: false },
      ingress: { enabled: true, hosts: ['shop.example.com'] },
    });
    expect(none).not.toContain('logs job/');
    expect(none).toContain('Nothing migrates the database');
    expect(none).toContain('set env.TRUST_PROXY_HOPS');
  });

  it('names every value that is wrong', async () => {
    const missing = await refusal({});
    for (const line of [
      'image.repository: is required',
      'env.DATABASE_URL: is required',
      'env.TEMPORAL_ADDRESS: is required',
      'env.SMTP_URL: is required',
      'secrets.variables: must contain STRIPE_API_KEY, unless env.STRIPE_API_KEY_FILE or env.PAYMENT_SANDBOX_URL is set',
    ])
      expect(missing).toContain(`\n${line}\n`);
    const wrong = await refusal({
      ...required,
      env: { ...required.env, DATABASE_URL: 'postgres://jobs:hunter2@db/jobs' },
      secrets: { variables: ['API_KEY'] },
      workerDefaults: { env: { AMQP_URL: 'amqps://jobs:hunter2@mq' } },
      workers: { mail: null, jobs: { env: { SMTP_URL: 'smtp://mail/?password=hunter2' } } },
      migrate: { heapMi: 256 },
      autoscaling: { kind: 'keda' },
    });
    for (const line of [
      'env.DATABASE_URL: must not contain a password or another secret: put it into the Secret as DATABASE_PASSWORD',
      'workerDefaults.env.AMQP_URL: must not contain a password or another secret: put it into the Secret as AMQP_PASSWORD',
      'workers.jobs.env.SMTP_URL: must not contain a password or another secret: put it into the Secret as SMTP_PASSWORD',
      'secrets.variables: must contain APP_SECRET, unless env.APP_SECRET_FILE is set',
      'workers: no group serves the task queue mail: add it to the taskQueues of one',
      'migrate.heapMi: must be at most three quarters of memoryMi, which is 256',
      'autoscaling.keda.prometheusAddress: is required with autoscaling.kind keda',
    ])
      expect(wrong).toContain(`\n${line}\n`);
    expect(wrong).not.toContain('hunter2');
    const unknown = await refusal({ ...required, env: { API_KEY: 'in plain text' }, replicas: 3 });
    expect(unknown).toContain("at '/env': additional properties 'API_KEY' not allowed");
    expect(unknown).toContain("additional properties 'replicas' not allowed");
    expect(unknown).not.toContain('in plain text');
  });
});
