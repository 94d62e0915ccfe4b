// Makes the exchange and the queues of definitions.json in a RabbitMQ, over its management API, then exits. What is there
// already is left as it is, so this may run at every start. Definitions that RabbitMQ itself loads at its boot would keep it
// from making the user that its environment names.
//   RABBITMQ_MANAGEMENT_URL=http://127.0.0.1:15672 RABBITMQ_USER=… RABBITMQ_PASSWORD=… node deploy/rabbitmq/setup.mjs
// RABBITMQ_PASSWORD_FILE names a file with the password, in the place of RABBITMQ_PASSWORD.
import { Buffer } from 'node:buffer';
import { readFile } from 'node:fs/promises';

const TRIES = 60;
const {
  RABBITMQ_MANAGEMENT_URL: url,
  RABBITMQ_USER: user,
  RABBITMQ_PASSWORD_FILE: passwordFile,
} = process.env;
const password = passwordFile
  ? (await readFile(passwordFile, 'utf8')).replace(/\r?\n$/, '')
  : process.env.RABBITMQ_PASSWORD;
if (!url || !user || !password) {
  console.error('RABBITMQ_MANAGEMENT_URL, RABBITMQ_USER and RABBITMQ_PASSWORD are needed');
  process.exit(1);
}
if (new URL(url).password) {
  console.error('RABBITMQ_MANAGEMENT_URL must not contain a password: RABBITMQ_PASSWORD is for it');
  process.exit(1);
}
const definitions = await readFile(new URL('definitions.json', import.meta.url), 'utf8');

/** What went wrong, or undefined. */
async function apply() {
  try {
    const response = await fetch(`${url}/api/definitions`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
      },
      body: definitions,
    });
    return response.ok ? undefined : `${response.status} ${await response.text()}`;
  } catch (error) {
    return error.cause?.message ?? error.message;
  }
}

for (let attempt = 1; ; attempt++) {
  const problem = await apply();
  if (problem === undefined) break;
  if (attempt >= TRIES) {
    console.error(`RabbitMQ at ${url} did not take the definitions: ${problem}`);
    process.exit(1);
  }
  await new Promise((resolve) => setTimeout(resolve, 1_000));
}
console.log('RabbitMQ is ready: orders-queue, and orders-queue.dead for what is rejected');
