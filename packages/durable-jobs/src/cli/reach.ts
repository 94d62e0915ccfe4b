import { sql } from 'kysely';
import type { TemporalConfig } from '../config/config.ts';
import type { Db } from '../database/connect.ts';
import { refusalOf } from '../dev/refusal.ts';
import { engineAddress } from '../engine/address.ts';
import type { TemporalClient } from '../engine/client.ts';
import { tlsFaultOf } from '../engine/tls-fault.ts';
import { printError, RefusedError } from '../process/command.ts';
import { errorMessage } from '../process/errors.ts';
import { withinTime } from '../process/within-time.ts';

/** Time after which a command says what it waits for. */
const SAY_AFTER_MS = 2_000;

/** A server that needs longer to respond is unavailable. */
const REACH_MS = 15_000;

/**
 * Waits until the engine responds, before a command's first call.
 * @throws {RefusedError} that names its address, if it does not within 15 s.
 */
export function requireEngine(
  { client }: Pick<TemporalClient, 'client'>,
  config: TemporalConfig,
): Promise<void> {
  // It gives up by itself, after 10 s: a call would be retried even when the connection is closed.
  return reach(
    `Temporal at ${engineAddress(config)}`,
    'TEMPORAL_ADDRESS',
    () => client.connection.ensureConnected(),
    () => tlsFaultOf(config),
  );
}

/**
 * Waits until the database responds, before a command's first query.
 * @throws {RefusedError} that names its address, if it does not within 15 s.
 */
export function requireDatabase(db: Db, url: string): Promise<void> {
  return reach(`The database at ${new URL(url).host}`, 'DATABASE_URL', () => sql`select 1`.execute(db));
}

async function reach(
  what: string,
  variable: string,
  call: () => Promise<unknown>,
  faultOf: () => Promise<string | undefined> = () => Promise.resolve(undefined),
): Promise<void> {
  const waiting = setTimeout(() => printError(`Waiting for ${what.replace(/^The/, 'the')} …`), SAY_AFTER_MS);
  try {
    await withinTime(REACH_MS, call, () => new Error(`no response within ${REACH_MS / 1_000} s`));
  } catch (error) {
    throw new RefusedError(
      `${what} is not available: ${(await faultOf()) ?? (await refusalOf(error)) ?? errorMessage(error)}. Start it, or correct ${variable}.`,
    );
  } finally {
    clearTimeout(waiting);
  }
}
