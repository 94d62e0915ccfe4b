import { expect, it } from 'vitest';
import { parseEnv, readEnvFile } from './env-file.ts';

it('reads names and values, quotes and comments', () => {
  expect(
    parseEnv(
      [
        '# a comment',
        'PLAIN=value',
        ' export SPACED = some words # and a comment',
        'EMPTY=',
        'HASH=a#b',
        "SINGLE='a # b\\n'",
        'DOUBLE="two\\nlines" # comment',
        'not a variable',
        'URL=postgres://u:p@h/db?x=1',
      ].join('\r\n'),
    ),
  ).toEqual({
    PLAIN: 'value',
    SPACED: 'some words',
    EMPTY: '',
    HASH: 'a#b',
    SINGLE: 'a # b\\n',
    DOUBLE: 'two\nlines',
    URL: 'postgres://u:p@h/db?x=1',
  });
});

it('has no variables where there is no file', () => {
  expect(readEnvFile('/no/such/file')).toEqual({});
});
