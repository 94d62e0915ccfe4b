/**
 * Outlives the process that started it, and ends what that process leaves behind. It reads one JSON object per line from standard input:
 * processes and folders that are in use, and those that no longer are. When the input ends, the owner has exited, normally or through kill
 * -9, and whatever is still registered is ended, newest first.
 */
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive } from './is-alive.mjs';

/** @type {Map<number, { pid: number, signal: string, graceMs: number }>} */
const processes = new Map();
/** @type {Set<string>} */
const folders = new Set();
const HURRIED_MS = 500;

/** SIGTERM asks the guard to hurry. No signal ends the guard before its work is done, including this one. */
let hurry = false;
process.on('SIGTERM', () => (hurry = true));
for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => undefined);

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  if (message.type === 'process') processes.set(message.pid, message);
  else if (message.type === 'ended') processes.delete(message.pid);
  else if (message.type === 'folder') folders.add(message.path);
  else if (message.type === 'removed') folders.delete(message.path);
}

for (const { pid, signal, graceMs } of [...processes.values()].reverse()) {
  if (!send(pid, signal)) continue;
  const start = Date.now();
  while (isAlive(pid) && Date.now() - start < (hurry ? Math.min(graceMs, HURRIED_MS) : graceMs))
    await delay(50);
  send(-pid, 'SIGKILL');
}
for (const path of folders) rmSync(path, { recursive: true, force: true, maxRetries: 5 });

/** Returns whether there was a process to signal. */
function send(pid, signal) {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}
