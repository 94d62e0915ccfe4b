import { setTimeout as delay } from 'node:timers/promises';
import { ConfigError } from '../config/config.ts';
import type { Db } from '../database/connect.ts';
import { errorMessage } from '../process/errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import { listUsedRingKeys, noteUsedRingKey } from './ring-keys.ts';
import { fingerprint, type KeyRing } from '../values/key-ring.ts';

/**
 * Compares a process's keys with the keys that were used here, and returns one line per problem, without any key. A process that cannot
 * read what others have written must not take a single task, because it would use up the task's attempts. If there is no problem, the
 * ring's first key is recorded as used.
 */
export async function checkPayloadKeys(db: Db, ring: KeyRing | undefined): Promise<string[]> {
  // First, so that of two processes that start with different keys under one id, one detects it.
  if (ring && (await listUsedRingKeys(db)).length === 0) await noteUsed(db, ring);
  const problems: string[] = [];
  for (const used of await listUsedRingKeys(db)) {
    const own = ring?.find(used.id);
    if (!own) {
      problems.push(
        `PAYLOAD_KEYS: has no key "${used.id}", which encrypts existing histories; when no history needs it any longer, run ` +
          `\`payload-keys forget ${used.id}\``,
      );
    } else if (fingerprint(own) !== used.fingerprint) {
      problems.push(`PAYLOAD_KEYS: "${used.id}" is not the key of that id that encrypts existing histories`);
    }
  }
  if (ring && problems.length === 0) await noteUsed(db, ring);
  return problems;
}

async function noteUsed(db: Db, { encrypting }: KeyRing): Promise<void> {
  await noteUsedRingKey(db, { id: encrypting.id, fingerprint: fingerprint(encrypting) });
}

/** Interval at which a process records the key that it encrypts with. */
export const NOTE_EVERY_MS = 30_000;

/** Records the key that this process encrypts with, periodically until `signal` aborts. Never rejects. */
export async function keepNotingUse(
  db: Db,
  ring: KeyRing | undefined,
  { logger, signal }: { logger: Logger; signal: AbortSignal },
): Promise<void> {
  if (!ring) return;
  while (!signal.aborted) {
    await noteUsed(db, ring).catch((error: unknown) => {
      logger.warn({ reason: errorMessage(error) }, 'the use of the payload key could not be recorded');
    });
    await delay(NOTE_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Retry interval while the database is unavailable or not migrated. */
const RETRY_MS = 2_000;

/**
 * Resolves once the keys of this process have been checked, or when `signal` aborts. Waits for the database.
 * @throws {ConfigError} if they are not.
 */
export async function requirePayloadKeys(
  db: Db,
  ring: KeyRing | undefined,
  { logger, signal }: { logger: Logger; signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    let problems: string[];
    try {
      problems = await checkPayloadKeys(db, ring);
    } catch (error) {
      logger.warn({ reason: errorMessage(error) }, 'the payload keys cannot be checked yet');
      await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
      continue;
    }
    if (problems.length > 0) throw new ConfigError(problems);
    return;
  }
}
