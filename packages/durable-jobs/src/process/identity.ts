import { hostname } from 'node:os';

/** This process, as the engine names it too: the SDK's own default for the identity of a worker. */
export const processIdentity = `${process.pid}@${hostname()}`;
