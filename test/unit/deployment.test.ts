import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { durationMs } from '../../packages/durable-jobs/src/values/duration.ts';
import { ports as localPorts } from '../../local/stack.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** Returns the first groups of all matches of `pattern` in `text`, without duplicates. */
const namesIn = (text: string, pattern: RegExp): Set<string> =>
  new Set([...text.matchAll(pattern)].map(([, name]) => name ?? ''));

const union = (...sets: Set<string>[]): Set<string> => new Set(sets.flatMap((set) => [...set]));
const without = (names: Set<string>, others: Set<string>): string[] =>
  [...names].filter((name) => !others.has(name));

/** The variables that the configuration's schemas read: their keys, one per line. */
const configured = union(
  ...['packages/durable-jobs/src/config/config.ts', 'domain/config.ts'].map((path) =>
    namesIn(read(path), /^ {2,4}([A-Z][A-Z0-9_]+): /gm),
  ),
);
/** Only `durableJobs.runWorker()` acts on it; the schedules of this application are applied by a command. */
const ofOtherApplications = 'DURABLE_JOBS_APPLY_SCHEDULES';
configured.delete(ofOtherApplications);

/** The variables that the SDK's own configuration reads. */
const library = dirname(createRequire(import.meta.url).resolve('@temporalio/envconfig'));
const ofTemporal = namesIn(
  readdirSync(library)
    .filter((file) => file.endsWith('.js'))
    .map((file) => readFileSync(join(library, file), 'utf8'))
    .join('\n'),
  /['"](TEMPORAL_[A-Z_]+[A-Z])['"]/g,
);

/** The variables that OpenTelemetry's SDK reads, and those that decide whether it is loaded. */
const ofOpenTelemetry = union(
  namesIn(read('packages/durable-jobs/src/telemetry/tracing.ts'), /env\.(OTEL_[A-Z_]+)/g),
  new Set(
    ['core', 'resources', 'sdk-trace-base', 'otlp-exporter-base'].flatMap((name) => {
      const folder = dirname(createRequire(import.meta.url).resolve(`@opentelemetry/${name}`));
      return readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.js'))
        .flatMap((file) => [
          ...namesIn(readFileSync(join(folder, file), 'utf8'), /\b(OTEL_[A-Z_]+[A-Z])\b/g),
        ]);
    }),
  ),
);

/** The variables for the ports of the local stack. */
const ofTheLocalStack = new Set<string>(Object.keys(localPorts));

/** The variables that docker compose itself reads. */
const ofCompose = new Set(['COMPOSE_PROFILES', 'COMPOSE_PROJECT_NAME']);

/** The variables, and for each one the variable that names a file with its value. */
const withFiles = (names: Set<string>): Set<string> =>
  union(names, new Set([...names].map((name) => `${name}_FILE`)));

/** The variables that a schema adds to those that it extends. */
function variablesOf(path: string, schema: string): Set<string> {
  const [, text = ''] = read(path).split(new RegExp(`^const ${schema} = `, 'm'));
  const [own = ''] = text.split(/^ {0,2}\}\)/m);
  return namesIn(own, /^ {2,4}([A-Z][A-Z0-9_]+): /gm);
}

const example = read('.env.example');
const named = namesIn(example, /^(?:# )?([A-Z][A-Z0-9_]+)=/gm);
const compose = read('docker-compose.yml');
const interpolated = namesIn(compose, /\$\{([A-Z][A-Z0-9_]+)/g);

/** The lines of docker-compose.yml in the block that begins with `header`. */
function block(header: string): string {
  const lines = compose.split('\n');
  const start = lines.findIndex((line) => line.startsWith(header));
  expect(start, header).toBeGreaterThanOrEqual(0);
  const indent = header.search(/\S/);
  const length = lines.slice(start + 1).findIndex((line) => line !== '' && line.search(/\S/) <= indent);
  return lines.slice(start, length === -1 ? undefined : start + 1 + length).join('\n');
}

const environmentOf = (text: string): Set<string> => namesIn(text, /^ +([A-Z][A-Z0-9_]+): /gm);

describe('.env.example', () => {
  it('finds the schedules that it compares with', () => {
    expect(configured).toContain('DATABASE_URL');
    expect(configured).toContain('STRIPE_API_KEY');
    expect(ofTemporal).toContain('TEMPORAL_ADDRESS');
    expect(named.size).toBeGreaterThan(30);
  });

  it('names every variable that the configuration reads', () => {
    expect(without(configured, named)).toEqual([]);
  });

  it('names every variable that moves a port of the local stack, and its default', () => {
    const ports = [...example.matchAll(/^# (\w+_PORT)=(\d+)$/gm)].map(([, name, port]) => [
      name,
      Number(port),
    ]);
    expect(Object.fromEntries(ports)).toMatchObject(localPorts);
  });

  it('names every variable that docker compose takes', () => {
    expect(without(interpolated, withFiles(named))).toEqual([]);
  });

  it('names no variable that nothing reads', () => {
    const read = union(configured, ofTemporal, ofTheLocalStack, interpolated, ofCompose);
    expect(without(named, read)).toEqual([]);
  });

  it('changes nothing when it is copied, except for the values that docker compose requires', () => {
    const set = [...example.matchAll(/^([A-Z][A-Z0-9_]+)=(.*)$/gm)];
    expect(set.map(([, , value]) => value).join('')).toBe('');
    expect(new Set(set.map(([, name]) => name))).toEqual(environmentOf(block('  configuration:')));
    for (const [, name] of set) expect(read('deploy/check-secrets.sh')).toContain(` ${name}`);
  });
});

describe('an installation', () => {
  it('runs no code of the packages', () => {
    expect(read('.npmrc')).toMatch(/^ignore-scripts=true$/m);
    for (const [install] of read('Dockerfile').matchAll(/npm ci.*/g))
      expect(install).toContain('--ignore-scripts');
  });
});

/** The fields of a service that the tests below read. */
interface Service {
  image: string;
  build?: string;
  command?: string[];
  entrypoint?: string[];
  environment?: Record<string, string>;
  secrets?: string[];
  profiles?: string[];
  depends_on?: string[] | Record<string, { condition: string }>;
  healthcheck?: { test?: string[]; disable?: boolean; start_interval?: string };
  restart?: string;
  mem_limit?: string;
  tmpfs?: string[];
  logging?: { options: Record<string, string> };
}

const { name, services, secrets } = parse(compose, { merge: true }) as {
  name: string;
  services: Record<string, Service>;
  secrets: Record<string, { file: string }>;
};
const all = Object.entries(services);
/** Services that do something once, then exit. */
const oneShot = new Set([
  'configuration',
  'postgresql-setup',
  'temporal-schema',
  'temporal-setup',
  'rabbitmq-setup',
  'migrate',
  'schedules',
]);
const ownImage = services.api?.image;
const megabytes = (text = ''): number => parseInt(text, 10) * (text.endsWith('g') ? 1024 : 1);

describe('docker-compose.yml', () => {
  const shared = environmentOf(block('x-service-environment:'));

  it.each(['migrate', 'schedules', 'api', 'worker'])(
    'passes only variables that are read to %s',
    (service) => {
      const passed = new Set(Object.keys(services[service]?.environment ?? {}));
      expect(passed.size).toBeGreaterThan(0);
      const ofNode = new Set(['NODE_OPTIONS']);
      const read = withFiles(union(configured, ofTemporal, ofOpenTelemetry));
      expect(without(passed, union(read, ofNode))).toEqual([]);
    },
  );

  it.each(['api', 'worker'])(
    'passes every variable that is read to %s, unless the image sets it',
    (service) => {
      const library = 'packages/durable-jobs/src/config/config.ts';
      const variables = union(
        variablesOf(library, 'common'),
        variablesOf(library, service),
        variablesOf('domain/config.ts', service),
      );
      expect(variables.size).toBeGreaterThan(20);
      variables.delete(ofOtherApplications);
      const ofTheImage = new Set([
        'NODE_ENV',
        ...['API_HOST', 'API_PORT', 'API_METRICS_HOST', 'API_METRICS_PORT'],
        ...['WORKER_HEALTH_HOST', 'WORKER_HEALTH_PORT'],
      ]);
      const passed = union(environmentOf(block(`  ${service}:`)), shared);
      expect(without(variables, union(passed, ofTheImage))).toEqual([]);
      // Files and profiles are for a machine, not for a container; codecs are for the command line.
      const forContainers = [...ofTemporal].filter(
        (variable) =>
          !/_(?:PATH|FILE|PROFILE|CERT|KEY)$|_CODEC_|^TEMPORAL_(?:CLIENT_CERT|API_KEY)$/.test(variable),
      );
      expect(without(new Set(forContainers), passed)).toEqual([]);
    },
  );

  it.each(['api', 'worker'])(
    'gives the service %s longer to stop than it takes, whatever it may take',
    (service) => {
      const variable = `\\$\\{${service.toUpperCase()}_SHUTDOWN_GRACE:-(\\w+)\\}`;
      const text = block(`  ${service}:`);
      const [, grace] =
        new RegExp(`^ {6}${service.toUpperCase()}_SHUTDOWN_GRACE: ${variable}$`, 'm').exec(text) ?? [];
      const [, default_, more] =
        new RegExp(`^ {4}stop_grace_period: ${variable}(\\w+)$`, 'm').exec(text) ?? [];
      expect(default_).toBe(grace);
      expect(durationMs.parse(more)).toBeGreaterThanOrEqual(10_000);
    },
  );

  it('publishes ports on loopback alone, and none of the workers', () => {
    const published = [...compose.matchAll(/^ {6}- (.*):\d+$/gm)].map(([, target]) => target);
    expect(published.length).toBeGreaterThan(0);
    for (const target of published) expect(target).toMatch(/^127\.0\.0\.1:/);
    expect(block('  worker:')).not.toMatch(/ports:|container_name:/);
  });

  it('puts no secret into a URL, if it would have to be encoded', () => {
    expect(compose.match(/:\/\/[^\s@]*\$\{[^}]*\}@/g) ?? []).toEqual([]);
  });

  it('gives each password to those alone who need it', () => {
    const holders = (variable: string): string[] =>
      all
        .filter(([, { environment = {} }]) =>
          Object.values(environment).some((value) => value.includes(`\${${variable}:-`)),
        )
        .map(([service]) => service);
    expect(holders('POSTGRES_PASSWORD')).toEqual(['postgresql', 'postgresql-setup']);
    expect(holders('TEMPORAL_DB_PASSWORD')).toEqual(['postgresql-setup', 'temporal-schema', 'temporal']);
    expect(holders('DATABASE_PASSWORD')).toEqual([
      'postgresql-setup',
      'migrate',
      'schedules',
      'api',
      'worker',
    ]);
    expect(holders('RABBITMQ_PASSWORD')).toEqual(['rabbitmq', 'rabbitmq-setup', 'worker']);
    expect(holders('API_KEY')).toEqual(['api']);
    expect(holders('STRIPE_API_KEY')).toEqual(['worker']);
  });

  it('takes every secret from a file as well, and mounts it where it is read', () => {
    for (const [secret, { file }] of Object.entries(secrets)) {
      expect(file, secret).toMatch(/^\$\{[A-Z_]+_FILE:-\.\/deploy\/secrets\/none\}$/);
      const variable = /[A-Z_]+/.exec(file)?.[0] ?? '';
      for (const [service, { environment = {}, secrets: mounted = [] }] of all) {
        const path = `\${${variable}:+/run/secrets/${secret}}`;
        const reads = Object.values(environment).some((value) => value.includes(path));
        expect(mounted.includes(secret), `${service}: ${secret}`).toBe(reads);
        const value = `\${${variable.slice(0, -'_FILE'.length)}:-`;
        // A service that has the value has the file, too.
        expect(
          Object.values(environment).some((text) => text.includes(value)),
          `${service}: ${secret}`,
        ).toBe(reads);
      }
    }
    expect(read('deploy/secrets/none')).toBe('');
    expect(
      without(
        new Set(environmentOf(block('  configuration:'))),
        new Set(Object.values(secrets).map(({ file }) => /([A-Z_]+)_FILE/.exec(file)?.[1] ?? '')),
      ),
    ).toEqual([]);
  });

  it('puts no secret into the arguments of a process', () => {
    for (const [service, { command, entrypoint, healthcheck }] of all) {
      expect(JSON.stringify([command, entrypoint, healthcheck]), service).not.toContain('$');
    }
  });

  it('builds its image once', () => {
    expect(all.filter(([, { build }]) => build !== undefined).map(([service]) => service)).toEqual(['api']);
    expect(all.filter(([, { image }]) => image === ownImage).length).toBeGreaterThan(5);
  });

  it('has a name of its own, whatever folder it lies in', () => {
    expect(name).toBe('durable-jobs');
  });

  it('waits for each service that exits, so that `up --wait` can succeed', () => {
    const awaited = new Set(
      all.flatMap(([, { depends_on = {} }]) =>
        Object.entries(depends_on)
          .filter(([, { condition }]) => condition === 'service_completed_successfully')
          .map(([service]) => service),
      ),
    );
    expect(awaited).toEqual(oneShot);
    expect(services.api?.depends_on).toHaveProperty('schedules');
  });

  it.each(all)('limits the memory and the logs of %s', (_service, { mem_limit, logging }) => {
    expect(megabytes(mem_limit)).toBeGreaterThan(0);
    expect(Object.keys(logging?.options ?? {})).toEqual(['max-size', 'max-file']);
  });

  it.each(all.filter(([, { image }]) => image === ownImage))(
    'leaves room beside the heap of %s',
    (_service, own) => {
      const heap = /--max-old-space-size=(\d+)$/.exec(own.environment?.NODE_OPTIONS ?? '')?.[1];
      expect(Number(heap)).toBeGreaterThan(0);
      expect(Number(heap)).toBeLessThanOrEqual(megabytes(own.mem_limit) * 0.75);
      expect(own.tmpfs?.join()).toMatch(/^\/tmp:size=/);
    },
  );

  it.each(all.filter(([service]) => !oneShot.has(service)))(
    'checks the health of %s often while it starts',
    (_service, own) => {
      expect(own.healthcheck?.test?.length).toBeGreaterThan(1);
      expect(own.healthcheck?.start_interval).toMatch(/^\ds$/);
      expect(own.restart).toBe('unless-stopped');
    },
  );

  it('asks PostgreSQL as the role of the service whether it has its database', () => {
    expect(services.postgresql?.healthcheck?.test).toEqual(
      expect.arrayContaining(['--username=durable_jobs', '--dbname=durable_jobs', '--command=SELECT 1']),
    );
  });

  it('leaves metrics, alerts and the dashboard to a profile', () => {
    const optional = all.filter(([, { profiles }]) => profiles !== undefined);
    expect(optional.map(([service]) => service)).toEqual(['prometheus', 'alertmanager', 'grafana']);
  });
});

describe('Dockerfile', () => {
  it('names its user by numbers, which Kubernetes can verify', () => {
    expect(read('Dockerfile').match(/^USER .*$/gm)).toEqual(['USER 1000:1000']);
  });

  it('gets the payment sandbox, the one of the tools that containers run', () => {
    expect(read('.dockerignore')).toContain('\n!tools/payment-sandbox\n');
    expect(read('tsconfig.build.json')).toContain('"tools/payment-sandbox"');
  });
});

describe('.gitattributes', () => {
  it('keeps the line breaks of scripts, which would not run with others', () => {
    expect(read('.gitattributes')).toMatch(/^\*\.sh text eol=lf$/m);
    for (const script of readdirSync(new URL('../../deploy', import.meta.url), {
      recursive: true,
      encoding: 'utf8',
    })) {
      if (script.endsWith('.sh')) expect(read(`deploy/${script}`), script).not.toContain('\r');
    }
  });
});
