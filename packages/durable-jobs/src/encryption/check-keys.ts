import { setTimeout as delay } from 'node:timers/promises';
import { ConfigError } from '../config/config.ts';
import type { Db } from '../database/connect.ts';
import { errorMessage } from '../process/errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import { listUsedRingKeys, noteUsedRingKey } from './ring-keys.ts';
import { fingerprint, type KeyRing } from '../values/key-ring.ts';

/**
 * What is wrong with a process's keys, given the keys that were used here: a line each, without any key. A process that could
 * not read what others have written must not take a single task: it would use up its attempts. Where nothing is
 * wrong, the ring's first key counts as used from now on.
 */
export async function checkPayloadKeys(db: Db, ring: KeyRing | undefined): Promise<string[]> {
  // First, so that of two processes which begin with different keys under one id, one finds out.
  if (ring && (await listUsedRingKeys(db)).length === 0) await noteUsed(db, ring);
  const problems: string[] = [];
  for (const used of await listUsedRingKeys(db)) {
    const own = ring?.find(used.id);
    if (!own) {
      problems.push(
        `PAYLOAD_KEYS: has no key "${used.id}", with which histories are encrypted; once none is left, ` +
          `\`payload-keys forget ${used.id}\``,
      );
    } else if (fingerprint(own) !== used.fingerprint) {
      problems.push(
        `PAYLOAD_KEYS: "${used.id}" is another key than the one that histories are encrypted with`,
      );
    }
  }
  if (ring && problems.length === 0) await noteUsed(db, ring);
  return problems;
}

async function noteUsed(db: Db, { encrypting }: KeyRing): Promise<void> {
  await noteUsedRingKey(db, { id: encrypting.id, fingerprint: fingerprint(encrypting) });
}

/** How often a process notes the key that it encrypts with. */
export const NOTE_EVERY_MS = 30_000;

/** Notes the key that this process encrypts with, again and again until `signal` aborts. Never rejects. */
export async function keepNotingUse(
  db: Db,
  ring: KeyRing | undefined,
  { logger, signal }: { logger: Logger; signal: AbortSignal },
): Promise<void> {
  if (!ring) return;
  while (!signal.aborted) {
    await noteUsed(db, ring).catch((error: unknown) => {
      logger.warn({ reason: errorMessage(error) }, 'the use of the payload key could not be noted');
    });
    await delay(NOTE_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Between two looks whether the database is there, and migrated. */
const RETRY_MS = 2_000;

/**
 * Resolves once the keys of this process are known to be the right ones, or when `signal` aborts; waits for the database.
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
      logger.warn({ reason: errorMessage(error) }, 'the payload keys can not be checked yet');
      await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
      continue;
    }
    if (problems.length > 0) throw new ConfigError(problems);
    return;
  }
}
