/** Runs maildev's command, which its package does not export, with the arguments of this process. */
import { setTimeout } from 'node:timers';

/** For an email that is being received. maildev itself would wait ten seconds for every open connection of a browser or client. */
const LAST_MS = 300;

await import(new URL('bin/maildev.js', import.meta.resolve('maildev')).href);
// Emails are files as soon as they are accepted, so that nothing is lost.
process.on('SIGTERM', () => setTimeout(() => process.exit(0), LAST_MS));
