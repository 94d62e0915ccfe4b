import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inject } from 'vitest';
import { VitestTestRunner } from 'vitest/runners';
import { tryLock } from '../../packages/durable-jobs/src/dev/lock.mjs';
import { processState } from './process-state.ts';

/** How soon a file that waits notices that it has a turn: before the process that has ended one can have loaded its next file. */
const NOTICE_MS = 20;

/**
 * Runs a limited number of a project's files at a time, as vitest.config.ts declares it: each waits for its turn when it is loaded. A limit
 * on processes cannot do this, because it is one setting for all projects. Hooks cannot either: those of a file that could not be loaded are
 * not called.
 */
export default class TurnRunner extends VitestTestRunner {
  async onBeforeRunFiles(): Promise<void> {
    // Of a file whose run ended with an error of the runner.
    endTurn();
    processState.endTurn = tryTurn();
    while (!processState.endTurn) {
      await delay(NOTICE_MS);
      processState.endTurn = tryTurn();
    }
  }

  override onAfterRunFiles(): void {
    super.onAfterRunFiles();
    endTurn();
  }
}

function endTurn(): void {
  processState.endTurn?.();
  processState.endTurn = undefined;
}

function tryTurn(): (() => void) | undefined {
  const { name, atATime } = inject('turns');
  for (let turn = 0; turn < atATime; turn++) {
    const release = tryLock(join(tmpdir(), `durable-jobs-tests-${name}-${turn}-${userInfo().uid}.lock`));
    if (release) return release;
  }
  return undefined;
}
