import { describe, expect, it } from 'vitest';
import { createCommand, oneLine, parseArguments } from './command.ts';
import { UsageError } from './usage-error.ts';

const parse = (args: readonly string[], paths = false) => {
  const command = createCommand('greet')
    .argument('[file]')
    .option('--name <name>', 'whom', oneLine)
    .option('--lost', 'whether');
  const isParsed = parseArguments(command, args, { paths });
  return { isParsed, options: command.opts(), file: command.processedArgs[0] };
};

describe('the arguments of a command', () => {
  it('are options in any place, and a file', () => {
    expect(parse(['--name', 'Ada', 'a.json', '--lost'])).toEqual({
      isParsed: true,
      options: { name: 'Ada', lost: true },
      file: 'a.json',
    });
  });

  it.each([
    [['--frobnicate'], "Unknown option '--frobnicate'."],
    [['-x'], "Unknown option '-x'."],
    [['--name'], "Option '--name <name>' argument missing."],
    [['--name', ' '], 'The argument " " must not be blank.'],
    [['--name='], "Option '--name <name>' argument '' is invalid. It must not be blank."],
    [
      ['--name', 'a', '--name', 'b'],
      "Option '--name <name>' argument 'b' is invalid. It was given twice: give it once.",
    ],
    [['a', 'b'], 'Too many arguments. Expected 1 argument but got 2.'],
    [['--a\u001b[31m'], 'The argument "--a\\u001b[31m" must be one line without control characters.'],
    [['a\udc00'], 'The argument "a\\udc00" must be well-formed Unicode,'],
  ])('are refused in one line: %j', (args, message) => {
    let refusal: unknown;
    try {
      parse(args);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(UsageError);
    expect((refusal as UsageError).message).toContain(message);
    expect((refusal as UsageError).message).not.toMatch(/\p{Cc}/u);
  });

  it('may name a file with any character, which no message repeats as it is', () => {
    expect(parse(['a\tb.json'], true).file).toBe('a\tb.json');
    expect(() => parse(['--a\u001b[31m'], true)).toThrow("Unknown option '--a\ufffd[31m'.");
  });
});
