import { hostname } from 'node:os';

/** This process's name, which is also its name in the engine: the SDK's default identity of a worker. */
export const processIdentity = `${process.pid}@${hostname()}`;
