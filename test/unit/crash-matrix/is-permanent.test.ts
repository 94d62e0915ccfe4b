import { describe, expect, it } from 'vitest';
import { isPermanent } from '../../crash/matrix/is-permanent.ts';
import { ResponseError } from '../../crash/matrix/read-json.ts';

const response = (status: number) => new ResponseError('GET /api/jobs', status, '');
const ofDatabase = (code: string) => Object.assign(new Error('refused'), { code });

describe('an error of collecting evidence', () => {
  it.each<[string, unknown]>([
    ['a request that the API refuses', response(400)],
    ['a key without the role', response(403)],
    ['a column that does not exist', ofDatabase('42703')],
    ['a bug', new TypeError("Cannot read properties of undefined (reading 'id')")],
  ])('is permanent: %s', (_what, error) => {
    expect(isPermanent(error)).toBe(true);
  });

  it.each<[string, unknown]>([
    ['a part that is away', response(503)],
    ['a job that is not found yet', response(404)],
    ['a limit of requests', response(429)],
    ['a network that is away', new TypeError('fetch failed', { cause: new Error('ECONNREFUSED') })],
    ['a response that is too late', new DOMException('The operation timed out', 'TimeoutError')],
    ['a database that starts', ofDatabase('57P03')],
    ['a connection that ended', ofDatabase('ECONNRESET')],
  ])('may be gone at the next look: %s', (_what, error) => {
    expect(isPermanent(error)).toBe(false);
  });
});
