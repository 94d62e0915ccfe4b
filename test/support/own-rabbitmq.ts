import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { reservePort, type ReservedPort } from '../../packages/durable-jobs/src/dev/ports.ts';
import { resolveRabbitMq, startRabbitMq, type RabbitMq } from './rabbitmq.ts';

/** A RabbitMQ that a test may stop, started before the tests of a file and stopped after them; nothing if RabbitMQ is missing. */
export function useOwnRabbitMq(): { rabbitMq: () => RabbitMq } {
  const { path: script } = resolveRabbitMq();
  let rabbitMq: RabbitMq | undefined;
  let folder = '';
  const ports: ReservedPort[] = [];
  const port = async (): Promise<number> => {
    const reserved = await reservePort();
    ports.push(reserved);
    return reserved.port;
  };

  beforeAll(async () => {
    if (script === undefined) return;
    folder = await mkdtemp(join(tmpdir(), 'durable-jobs-test-'));
    rabbitMq = await startRabbitMq({
      script,
      dir: folder,
      ports: [await port(), await port(), await port(), await port(), await port()],
    });
  }, 120_000);
  afterAll(async () => {
    await rabbitMq?.close();
    for (const { release } of ports) release();
    if (folder !== '') await rm(folder, { recursive: true, force: true });
  });

  return {
    rabbitMq: () => {
      if (!rabbitMq) throw new Error('there is no RabbitMQ');
      return rabbitMq;
    },
  };
}
