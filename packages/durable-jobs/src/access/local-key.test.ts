import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { loadApiConfig } from '../config/config.ts';
import { localKeyOf } from './local-key.ts';
import { signInPage } from './sign-in-page.ts';

const base = { DATABASE_URL: 'postgres://db/jobs', APP_SECRET: 's'.repeat(32) };
const request = (host: string, more: Record<string, string> = {}, remoteAddress = '127.0.0.1') =>
  ({
    headers: { host, ...more },
    rawHeaders: ['Host', host],
    socket: { localAddress: '127.0.0.1', remoteAddress },
  }) as unknown as IncomingMessage;
const local = request('127.0.0.1:3000');
const key = 'a-key-of-my-own-0123456789';

describe('the sign-in page', () => {
  it('says what it belongs to, and on a developer’s machine the key', () => {
    const config = loadApiConfig({ ...base, NODE_ENV: 'development' });
    const page = signInPage({ next: '/', localKey: localKeyOf(config, local) });
    expect(page).toContain('This is the console of the background jobs of this service');
    expect(page).toContain('the key is <code>local-dev-key</code>');
  });

  it('says where a key of one’s own is, and never the key', () => {
    const config = loadApiConfig({ ...base, NODE_ENV: 'development', API_KEY: key });
    const page = signInPage({ next: '/', localKey: localKeyOf(config, local) });
    expect(page).toContain('the one in <code>API_KEY</code>');
    expect(page).not.toContain(key);
  });

  it.each([
    ['in production, which is the default', { API_KEY: key }, local],
    ['in production', { NODE_ENV: 'production', API_KEY: key }, local],
    [
      'on an address that others reach',
      { NODE_ENV: 'development', API_KEY: key, API_HOST: '0.0.0.0' },
      local,
    ],
    ['under another host name', { NODE_ENV: 'development' }, request('jobs.example.com')],
    ['to another machine', { NODE_ENV: 'development' }, request('localhost', {}, '192.0.2.7')],
  ])('says nothing of a key %s', (_, env, from) => {
    const page = signInPage({ next: '/', localKey: localKeyOf(loadApiConfig({ ...base, ...env }), from) });
    expect(page).toContain('This is the console');
    expect(page).not.toMatch(/local-dev-key|On this machine|API_KEY/);
    expect(page).not.toContain(key);
  });

  it.each(['x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'forwarded', 'via', 'cf-ray', 'cdn-loop'])(
    'says nothing of a key through a tunnel that names this machine in Host and sets %s',
    (header) => {
      const config = loadApiConfig({ ...base, NODE_ENV: 'development' });
      expect(localKeyOf(config, local)).toBe('well-known');
      expect(localKeyOf(config, request('localhost:3000', { [header]: 'x' }))).toBeUndefined();
    },
  );

  it('cannot have the local key in production', () => {
    expect(() => loadApiConfig({ ...base, NODE_ENV: 'production' })).toThrow('API_KEY: is missing');
    expect(() => loadApiConfig({ ...base, NODE_ENV: 'production', API_KEY: 'local-dev-key' })).toThrow(
      'API_KEY: ',
    );
  });
});
