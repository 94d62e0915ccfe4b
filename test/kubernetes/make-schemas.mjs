/**
 * Writes schemas.json: what the API of Kubernetes and the custom resources that the chart uses accept, closed, so that an unknown field is
 * an error. Descriptions are left out. Run it after changing a version or adding a kind:
 *
 *   pip download --no-deps kubernetes-validate==1.37.0 && python3 -m zipfile -e kubernetes_validate-*.whl wheel
 *   go mod download -json github.com/prometheus-operator/prometheus-operator@v0.85.0 github.com/kedacore/keda/v2@v2.17.2
 *   node test/kubernetes/make-schemas.mjs wheel <folder of prometheus-operator> <folder of keda>
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** The oldest release of Kubernetes that the chart supports, and the newest that is checked. */
const KUBERNETES = ['1.31.0', '1.37.0'];

const kinds = {
  'v1/Service': 'io.k8s.api.core.v1.Service',
  'v1/ServiceAccount': 'io.k8s.api.core.v1.ServiceAccount',
  'apps/v1/Deployment': 'io.k8s.api.apps.v1.Deployment',
  'batch/v1/Job': 'io.k8s.api.batch.v1.Job',
  'autoscaling/v2/HorizontalPodAutoscaler': 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler',
  'policy/v1/PodDisruptionBudget': 'io.k8s.api.policy.v1.PodDisruptionBudget',
  'networking.k8s.io/v1/NetworkPolicy': 'io.k8s.api.networking.v1.NetworkPolicy',
  'networking.k8s.io/v1/Ingress': 'io.k8s.api.networking.v1.Ingress',
};

const [wheel, operator, keda] = process.argv.slice(2);

/** Leaves out what says nothing about validity. */
function lean(schema) {
  if (Array.isArray(schema)) return schema.map(lean);
  if (schema === null || typeof schema !== 'object') return schema;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(
        ([key, value]) =>
          !(['description', 'default'].includes(key) && typeof value !== 'object') &&
          !(key === 'format' && typeof value === 'string') &&
          // Patterns of Go that JavaScript cannot read.
          !(key === 'pattern' && String(value).includes('(?i)')) &&
          !key.startsWith('x-'),
      )
      .map(([key, value]) => [key, lean(value)]),
  );
}

/** Refuses unknown fields of a custom resource, as the API server does with strict field validation. */
function close(schema) {
  if (Array.isArray(schema)) return schema.map(close);
  if (schema === null || typeof schema !== 'object') return schema;
  const closed = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, close(value)]));
  if (schema['x-kubernetes-int-or-string'] === true) return { type: ['integer', 'string'] };
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true || 'additionalProperties' in schema;
  if (schema.type === 'object' && schema.properties && !open) closed.additionalProperties = false;
  return closed;
}

function builtIn(version) {
  const folder = join(wheel, 'kubernetes_validate/kubernetes-json-schema', `v${version}-local-strict`);
  const { $defs } = JSON.parse(readFileSync(join(folder, '_definitions.json'), 'utf8'));
  const needed = {};
  const add = (name) => {
    if (name in needed) return;
    needed[name] = lean($defs[name]);
    for (const [, ref] of JSON.stringify(needed[name]).matchAll(/"#\/\$defs\/([^"]+)"/g)) add(ref);
  };
  for (const name of Object.values(kinds)) add(name);
  return { kinds, $defs: needed };
}

function custom(file) {
  const { spec } = parse(readFileSync(file, 'utf8'));
  const { name, schema } = spec.versions.find(({ storage }) => storage);
  const closed = close(schema.openAPIV3Schema);
  closed.properties.metadata = { type: 'object' };
  return [`${spec.group}/${name}/${spec.names.kind}`, lean(closed)];
}

const crds = join(operator, 'example/prometheus-operator-crd/monitoring.coreos.com_');
writeFileSync(
  new URL('schemas.json', import.meta.url),
  JSON.stringify({
    releases: Object.fromEntries(KUBERNETES.map((version) => [version, builtIn(version)])),
    custom: Object.fromEntries(
      [
        `${crds}podmonitors.yaml`,
        `${crds}prometheusrules.yaml`,
        join(keda, 'config/crd/bases/keda.sh_scaledobjects.yaml'),
      ].map(custom),
    ),
  }),
);
