/**
 * The first thing that runs in a clone, before anything is installed: `node local/bootstrap.mjs <entry.ts> [arguments]`. It checks Node,
 * installs the locked dependencies if they are missing or outdated, and runs the entry. The entry has a process group of its own, so that
 * Ctrl-C in a terminal reaches this process alone, and the entry, told over a channel, decides in which order to stop.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { clearInterval, setInterval } from 'node:timers';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = [20, 19];
const NPM_GONE = 'npm is gone';
/** Codes of a folder that this user, or nobody, can write. */
const UNWRITABLE = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENOSPC'];
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const windows = process.platform === 'win32';

requireNode();
// Not before Node was checked: what these files are made of, an old Node may not read.
const { isAlive } = await import('../packages/durable-jobs/src/dev/is-alive.mjs');
const { withLock } = await import('../packages/durable-jobs/src/dev/lock.mjs');
const { typescriptFlags } = await import('./node-flags.mjs');

/** What runs now and has to be told to stop: the installation, then the entry. */
let tellToStop = () => process.exit(130);
watchSignals();
await install();
await runEntry();

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  console.error(`This requires Node ${OLDEST_NODE.join('.')} or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

/** Installs what package-lock.json says, unless that is what is installed. */
async function install() {
  if (isInstalled()) return;
  const lockFile = join(root, '.state', 'install.lock');
  let locked = false;
  try {
    mkdirSync(dirname(lockFile), { recursive: true });
    await withLock(
      lockFile,
      async () => {
        locked = true;
        if (!isInstalled()) await npmCi();
      },
      (holder) => console.log(`Process ${holder} is installing the dependencies; waiting for it.`),
    );
  } catch (error) {
    // Once the lock is held, the folder can be written, and the cause is another one.
    if (locked || !UNWRITABLE.includes(error.code)) throw error;
    console.error(
      `The dependencies cannot be installed, because ${dirname(lockFile)} cannot be written (${error.code}). ` +
        'Copy this folder to a place where you may write, and run the command there.',
    );
    process.exit(1);
  }
}

/** npm writes what it has installed into node_modules/.package-lock.json, when it is done. */
function isInstalled() {
  let wanted, installed;
  try {
    wanted = packagesOf(join(root, 'package-lock.json'));
    installed = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  } catch {
    return false;
  }
  // Optional packages for other platforms are not there.
  return Object.entries(wanted).every(([path, { version, integrity, optional, peer }]) => {
    if (path === '') return true;
    const there = installed[path];
    return there ? there.version === version && there.integrity === integrity : (optional ?? peer ?? false);
  });
}

function packagesOf(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages;
}

async function npmCi() {
  const start = Date.now();
  const seconds = () => Math.round((Date.now() - start) / 1000);
  console.log('Installing the locked dependencies (npm ci). The first time, this takes about a minute.');
  const args = ['ci', '--no-fund', '--no-audit'];
  const npmCli = process.env.npm_execpath ?? '';
  // Under `npm start`, the very npm that runs it. Otherwise the one on PATH, which is a script on Windows.
  const npm = /npm-cli\.c?js$/.test(npmCli)
    ? spawn(process.execPath, [npmCli, ...args], { cwd: root, stdio: 'inherit' })
    : spawn('npm', args, { cwd: root, stdio: 'inherit', shell: windows });
  tellToStop = () => npm.kill('SIGTERM');
  // On a terminal npm shows by itself that it is alive.
  const ticking = process.stdout.isTTY
    ? undefined
    : setInterval(() => console.log(`  still installing, ${seconds()} s`), 10_000);
  const code = await new Promise((settle) => {
    npm.once('error', (error) => settle(error.message));
    npm.once('exit', (exitCode, signal) => settle(exitCode ?? signal));
  });
  clearInterval(ticking);
  if (code !== 0) {
    console.error(`The dependencies could not be installed: npm ci failed (${code}), see above.`);
    process.exit(1);
  }
  console.log(`Installed in ${seconds()} s.`);
}

async function runEntry() {
  const [entry, ...args] = process.argv.slice(2);
  if (entry === undefined) {
    console.error('usage: node local/bootstrap.mjs <entry.ts> [arguments]');
    process.exit(2);
  }
  const child = spawn(process.execPath, [...typescriptFlags, resolve(root, entry), ...args], {
    cwd: root,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    // Windows would open a window for it.
    detached: !windows,
  });
  let guardPid;
  child.on('message', (message) => {
    if (message?.type === 'guard') guardPid = message.pid;
  });
  let asked = 0;
  tellToStop = (reason) => {
    const now = Date.now();
    if (asked === 0) {
      asked = now;
      if (child.connected) child.send({ type: 'stop', reason }, () => undefined);
      return;
    }
    // npm passes on a Ctrl-C that the terminal has sent here already: the same one, not a second.
    if (reason === NPM_GONE || now - asked < 1_000) return;
    console.error('\nStopping at once.');
    kill(windows ? child.pid : -child.pid, 'SIGKILL');
    if (guardPid !== undefined) kill(guardPid, 'SIGTERM');
  };
  const [code, signal] = await new Promise((settle) => {
    child.once('error', (error) => {
      console.error(error.message);
      settle([1, null]);
    });
    child.once('exit', (...exit) => settle(exit));
  });
  if (signal !== null && asked === 0)
    console.error(`${entry} was killed by ${signal}; stopping the processes that it started.`);
  // The entry's guard ends what a killed entry leaves behind. When this process ends, all has ended.
  while (guardPid !== undefined && isAlive(guardPid)) await delay(50);
  process.exit(signal === null ? code : 128 + (constants.signals[signal] ?? 0));
}

function watchSignals() {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => tellToStop(signal));
  // A terminal that is gone takes no output, and that must not end this process before the stack has stopped.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  if (process.env.npm_lifecycle_event === undefined || windows) return;
  // npm passes SIGTERM on to the shell between us, which ends without passing it on. A killed npm says nothing at all.
  const ancestors = npmAncestors();
  let gone = false;
  setInterval(() => {
    if (gone || (process.ppid === ancestors[0] && ancestors.every(isAlive))) return;
    gone = true;
    tellToStop(NPM_GONE);
  }, 500).unref();
}

/** Our parent; and npm, if the parent is the shell that npm runs scripts with. */
function npmAncestors() {
  const parent = process.ppid;
  try {
    const line = execFileSync('ps', ['-o', 'ppid=,comm=', '-p', String(parent)], { encoding: 'utf8' });
    const [, grandparent, command] = /^\s*(\d+)\s+(.*?)\s*$/.exec(line) ?? [];
    return /(^|\/)-?(ba|da|z|k|a)?sh$/.test(command) && Number(grandparent) > 1
      ? [parent, Number(grandparent)]
      : [parent];
  } catch {
    return [parent];
  }
}

/** Whether there is such a process to signal. */
function kill(pid, signal) {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
