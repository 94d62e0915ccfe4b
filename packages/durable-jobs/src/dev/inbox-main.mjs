/** Runs maildev's command, which its package does not export, with the arguments of this process. */
await import(new URL('bin/maildev.js', import.meta.resolve('maildev')).href);
