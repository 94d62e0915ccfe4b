import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import express, { type Response } from 'express';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { setCaller } from '../caller.ts';
import { StreamLimit, streamEvents } from './stream.ts';

/** Serves one stream; a test sends a change to it with `update`. */
async function serveStream() {
  const made: { update?: (n: number) => void; response?: Response; isValid: boolean; following: number } = {
    isValid: true,
    following: 0,
  };
  const limit = new StreamLimit({ all: 10, eachKey: 1 });
  const app = express();
  app.get('/events', (request, response) => {
    made.response = response;
    setCaller(request, {
      keyId: 'a',
      keyName: 'a',
      keyExpiresAt: null,
      role: 'viewer',
      via: 'key',
      isStillValid: () => Promise.resolve(made.isValid),
    });
    streamEvents(request, response, {
      first: 0,
      follow: (onUpdate) => {
        made.update = onUpdate;
        made.following++;
        return () => made.following--;
      },
      show: (n) => ({ id: String(n), name: n < 0 ? 'end' : 'status', data: 'x'.repeat(10_000) }),
      limit,
      stopping: new AbortController().signal,
    });
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { made, limit, url: `http://127.0.0.1:${port}/events`, port };
}

const closers: (() => void)[] = [];
afterEach(() => {
  vi.useRealTimers();
  for (const close of closers.splice(0)) close();
});

/** Opens the stream over a socket that reads nothing until it is resumed. */
function openSlowly(port: number): Socket {
  const socket = connect(port, '127.0.0.1').pause();
  closers.push(() => socket.destroy());
  socket.write('GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
  return socket;
}

describe('a stream of events', () => {
  it('buffers only as much for a slow client as it can receive, and then sends the newest state', async () => {
    const { made, port } = await serveStream();
    const socket = openSlowly(port);
    await vi.waitFor(() => expect(made.update).toBeDefined(), 60_000);
    let most = 0;
    // Enough to fill the system's buffers many times over.
    for (let n = 1; n <= 5_000; n++) {
      made.update?.(n);
      most = Math.max(most, made.response?.writableLength ?? 0);
      if (n % 100 === 0) await new Promise(setImmediate);
    }
    expect(most).toBeLessThan(200_000);
    made.update?.(-1);
    let text = '';
    socket.on('data', (chunk) => (text += String(chunk))).resume();
    await once(socket, 'end').catch(() => undefined);
    const ids = [...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id);
    expect(ids.at(-1)).toBe('-1');
    expect(ids.length).toBeLessThan(4_000);
  });

  it('is disconnected if its client reads nothing', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
    const { made, port } = await serveStream();
    openSlowly(port);
    while (!made.update) await new Promise(setImmediate);
    for (let n = 1; made.response?.writableNeedDrain !== true; n++) {
      made.update(n);
      await new Promise(setImmediate);
    }
    await vi.advanceTimersByTimeAsync(31_000);
    while (!made.response.closed) await new Promise(setImmediate);
    expect(made.following).toBe(0);
  });

  it('continues for a client that reads', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
    const { made, port } = await serveStream();
    openSlowly(port).resume();
    while (!made.update) await new Promise(setImmediate);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(made.response?.closed).toBe(false);
  });

  it('ends when its caller is no longer valid', async () => {
    const { made, url } = await serveStream();
    const response = await fetch(url);
    made.isValid = false;
    expect(await response.text()).toContain('event: status');
    expect(made.following).toBe(0);
  });

  it('answers HEAD, and takes no place for it', async () => {
    const { made, limit, url } = await serveStream();
    const response = await fetch(url, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(made.following).toBe(0);
    expect(() => limit.take('a')).not.toThrow();
  });
});
