import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guardFolder, releaseFolder } from '../../../packages/durable-jobs/src/dev/guard.ts';
import { reservePort } from '../../../packages/durable-jobs/src/dev/ports.ts';
import { resolveRabbitMq, startRabbitMq } from '../../support/rabbitmq.ts';
import { mountSmallDisk } from './small-disk.ts';
import type { StackParts } from './stack.ts';

/** Parts of a stack that a machine may lack: a RabbitMQ of its own, and a small disk for the database. */
export interface OwnParts extends Pick<StackParts, 'amqp' | 'smallDisk'> {
  /** Which are missing, and why. */
  missing: readonly string[];
  close: () => Promise<void>;
}

/** Starts the parts that this machine has. */
export async function startOwnParts(): Promise<OwnParts> {
  const closers: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  const missing: string[] = [];
  try {
    const folder = await mkdtemp(join(tmpdir(), 'durable-jobs-matrix-'));
    guardFolder(folder);
    closers.push(async () => {
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
      releaseFolder(folder);
    });
    const disk = await mountSmallDisk(`${folder}-disk`);
    if (disk.folder === undefined) missing.push(`The disk of the database is not filled: ${disk.reason}.`);
    else {
      closers.push(async () => {
        await disk.unmount();
        await rm(disk.folder, { recursive: true, force: true });
      });
    }
    const { path: script, howToGet } = resolveRabbitMq();
    if (script === undefined) missing.push(howToGet);
    return {
      missing,
      smallDisk: disk.folder,
      amqp: script === undefined ? undefined : await ownRabbitMq(script, folder, closers),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function ownRabbitMq(
  script: string,
  dir: string,
  closers: (() => unknown)[],
): Promise<NonNullable<StackParts['amqp']>> {
  const ports = [
    await reservePort(),
    await reservePort(),
    await reservePort(),
    await reservePort(),
    await reservePort(),
  ] as const;
  closers.push(() => ports.forEach(({ release }) => release()));
  const [amqp, tls, management, distribution, epmd] = ports;
  const rabbitMq = await startRabbitMq({
    script,
    dir,
    ports: [amqp.port, tls.port, management.port, distribution.port, epmd.port],
  });
  closers.push(rabbitMq.close);
  return { url: rabbitMq.amqpUrl, queue: rabbitMq.queueAddress, process: rabbitMq };
}
