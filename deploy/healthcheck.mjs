// Tells a container engine whether the process in this container answers: exit code 0 or 1.
//   node deploy/healthcheck.mjs [api | worker | payment-sandbox] [path]
// Without a role, any of them will do. The path is /healthz unless given: a process that waits for a database or an engine
// that is away is healthy, and a restart would not help it. /readyz, which tells that too, is for load balancers.
import { get } from 'node:http';

const TIMEOUT_MS = 4_000;
const ports = {
  api: process.env.API_PORT || 3000,
  worker: process.env.WORKER_HEALTH_PORT || 3001,
  'payment-sandbox': process.env.PAYMENT_SANDBOX_PORT || 12_111,
};
const [role, path = '/healthz'] = process.argv.slice(2);

/** Resolves with whether `path` on `port` of this container is answered with a success. */
const answers = (port) =>
  new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path, timeout: TIMEOUT_MS }, (response) => {
      response.resume();
      resolve(response.statusCode >= 200 && response.statusCode < 300);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });

if (role && !Object.hasOwn(ports, role)) {
  console.error(
    `The role must be ${new Intl.ListFormat('en', { type: 'disjunction' }).format(Object.keys(ports))}, but is ${JSON.stringify(role)}.`,
  );
  process.exit(1);
}
if (!/^\/[\x21-\x7e]*$/.test(path)) {
  console.error(`The path must be that of a URL, such as /readyz, but is ${JSON.stringify(path)}.`);
  process.exit(1);
}
const results = await Promise.all((role ? [ports[role]] : Object.values(ports)).map(answers));
process.exit(results.includes(true) ? 0 : 1);
