import { expect, it } from 'vitest';
import { refuseUnknown } from './refuse-unknown.ts';

interface Options {
  delay?: string;
}

it('names what does not exist', () => {
  const given: Options = JSON.parse('{"dealy":"1h","delay":"1h","of":1}') as Options;
  expect(() => refuseUnknown('defineJob remind', given, { delay: true })).toThrow(
    new TypeError('defineJob remind: dealy, of are not options.'),
  );
  expect(() => refuseUnknown('defineJob remind', { delay: '1h' }, { delay: true })).not.toThrow();
});
