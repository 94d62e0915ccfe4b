import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { durationMs } from '../../packages/durable-jobs/src/values/duration.ts';
import { ports as localPorts } from '../../local/stack.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** The first groups of all matches of `pattern` in `text`, each once. */
const namesIn = (text: string, pattern: RegExp): Set<string> =>
  new Set([...text.matchAll(pattern)].map(([, name]) => name ?? ''));

const union = (...sets: Set<string>[]): Set<string> => new Set(sets.flatMap((set) => [...set]));
const without = (names: Set<string>, others: Set<string>): string[] =>
  [...names].filter((name) => !others.has(name));

/** What the configuration's schemas read: their keys, one a line. */
const configured = union(
  ...['packages/durable-jobs/src/config/config.ts', 'domain/config.ts'].map((path) =>
    namesIn(read(path), /^ {2,4}([A-Z][A-Z0-9_]+): /gm),
  ),
);

/** What the SDK's own configuration reads. */
const library = dirname(createRequire(import.meta.url).resolve('@temporalio/envconfig'));
const ofTemporal = namesIn(
  readdirSync(library)
    .filter((file) => file.endsWith('.js'))
    .map((file) => readFileSync(join(library, file), 'utf8'))
    .join('\n'),
  /['"](TEMPORAL_[A-Z_]+[A-Z])['"]/g,
);

/** What OpenTelemetry's SDK reads, and what decides whether it is loaded. */
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

/** What moves the ports of the local stack. */
const ofTheLocalStack = new Set<string>(Object.keys(localPorts));

const example = read('.env.example');
const named = namesIn(example, /^(?:# )?([A-Z][A-Z0-9_]+)=/gm);
const compose = read('docker-compose.yml');
const interpolated = namesIn(compose, /\$\{([A-Z][A-Z0-9_]+)/g);

/** The lines of docker-compose.yml that belong to the block which starts with `header`. */
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
    expect(without(interpolated, named)).toEqual([]);
  });

  it('names no variable that nothing reads', () => {
    expect(without(named, union(configured, ofTemporal, ofTheLocalStack, interpolated))).toEqual([]);
  });

  it('changes nothing when it is copied, except for the values that docker compose requires', () => {
    const set = [...example.matchAll(/^([A-Z][A-Z0-9_]+)=(.*)$/gm)];
    expect(set.map(([, , value]) => value).join('')).toBe('');
    expect(new Set(set.map(([, name]) => name))).toEqual(namesIn(compose, /\$\{([A-Z0-9_]+):\?/g));
  });
});

describe('an installation', () => {
  it('runs no code of the packages', () => {
    expect(read('.npmrc')).toMatch(/^ignore-scripts=true$/m);
    for (const [install] of read('Dockerfile').matchAll(/npm ci.*/g))
      expect(install).toContain('--ignore-scripts');
  });
});

describe('docker-compose.yml', () => {
  const shared = environmentOf(block('x-service-environment:'));

  it.each(['migrate', 'api', 'worker'])('passes only variables that are read to %s', (service) => {
    const own = environmentOf(block(`  ${service}:`));
    expect(own.size).toBeGreaterThan(0);
    expect(without(union(own, shared), union(configured, ofTemporal, ofOpenTelemetry))).toEqual([]);
  });

  it('gives a worker longer to stop than it takes', () => {
    const worker = block('  worker:');
    const grace = /WORKER_SHUTDOWN_GRACE:-(\w+)\}/.exec(worker)?.[1];
    const patience = /stop_grace_period: (\w+)/.exec(worker)?.[1];
    expect(durationMs.parse(patience)).toBeGreaterThan(durationMs.parse(grace) + 5_000);
  });

  it('publishes ports on loopback alone, and none of the workers', () => {
    const published = [...compose.matchAll(/^ {6}- (.*):\d+$/gm)].map(([, target]) => target);
    expect(published.length).toBeGreaterThan(0);
    for (const target of published) expect(target).toMatch(/^127\.0\.0\.1:/);
    expect(block('  worker:')).not.toMatch(/ports:|container_name:/);
  });

  it('puts no secret into a URL, if it would have to be encoded', () => {
    expect(compose.match(/:\/\/[^\s@]*\$\{[^}]*\}@/g) ?? []).toEqual([]);
  });

  it('gives each password of PostgreSQL to those alone who need it', () => {
    const { services } = parse(compose, { merge: true }) as {
      services: Record<string, { environment?: Record<string, string> }>;
    };
    const holders = (variable: string): string[] =>
      Object.entries(services)
        .filter(([, { environment = {} }]) =>
          Object.values(environment).some((value) => value.includes(`\${${variable}:?`)),
        )
        .map(([name]) => name);
    expect(holders('POSTGRES_PASSWORD')).toEqual(['postgresql', 'postgresql-setup']);
    expect(holders('TEMPORAL_DB_PASSWORD')).toEqual(['postgresql-setup', 'temporal']);
    expect(holders('DATABASE_PASSWORD')).toEqual([
      'postgresql-setup',
      'migrate',
      'schedules',
      'api',
      'worker',
    ]);
    expect(holders('RABBITMQ_PASSWORD')).toEqual(['rabbitmq', 'rabbitmq-setup', 'worker']);
  });

  it('puts no secret into the arguments of a process', () => {
    const { services } = parse(compose, { merge: true }) as { services: Record<string, object> };
    for (const [name, { command, entrypoint, healthcheck }] of Object.entries(services) as [
      string,
      Record<string, unknown>,
    ][]) {
      expect(JSON.stringify([command, entrypoint, healthcheck]), name).not.toContain('$');
    }
  });
});
