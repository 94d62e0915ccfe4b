/**
 * Set-up of every test file. If the runner is killed, the processes that run the test files would continue for minutes, with the servers
 * that they have started. So they end, together with their servers, as soon as the runner is gone. Threads of the runner end with it
 * anyway.
 */
import { isMainThread } from 'node:worker_threads';
import { descendants } from './descendants.ts';
import { processState } from './process-state.ts';

if (isMainThread && !processState.endsWithRunner) {
  processState.endsWithRunner = true;
  process.once('disconnect', endAll);
}

function endAll(): void {
  for (const pid of descendants(process.pid)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  }
  // vitest may have replaced process.exit by an error.
  process.kill(process.pid, 'SIGKILL');
}
