import { describe, expect, it } from 'vitest';
import { roleFor } from './authorize.ts';

describe('the role that a request needs', () => {
  it.each([
    ['GET', '/api/orders/1', 'viewer'],
    ['HEAD', '/api/orders/1', 'viewer'],
    ['POST', '/api/orders', 'operator'],
    ['DELETE', '/api/jobs/x:1', 'operator'],
    ['PROPFIND', '/api/jobs/x:1', 'operator'],
    ['POST', '/api/schedules/preview', 'viewer'],
    ['GET', '/api/dead-letters?status=open', 'viewer'],
    ['GET', '/api/dead-letters/1', 'operator'],
    ['GET', '/api/orders/1/invoice', 'operator'],
    ['GET', '/api/orders/1', 'viewer'],
    ['HEAD', '/API/dead-letters/1/?x', 'operator'],
    ['POST', '/api/schedules/preview?x=/api', 'viewer'],
    ['POST', '/api/schedules', 'operator'],
    ['POST', '/api/orders?x=/api/schedules/preview', 'operator'],
    ['POST', '/api/schedules/preview/trigger', 'operator'],
    ['DELETE', '/api/schedules/preview', 'operator'],
  ] as const)('%s %s: %s', (method, originalUrl, role) => {
    expect(roleFor({ method, originalUrl })).toBe(role);
  });
});
