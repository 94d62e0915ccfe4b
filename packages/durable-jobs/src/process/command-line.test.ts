import { describe, expect, it } from 'vitest';
import { oneOf, readCommandLine, requireNone, UsageError, wantsOnlyHelp } from './command-line.ts';

const options = { name: 'string', lost: 'boolean' } as const;
const read = (...args: string[]) => readCommandLine(args, options);

describe('a command line', () => {
  it('has options in any place and form, and arguments', () => {
    expect(read('create', '--name', 'Ada', '--lost', '-', '--', '--x')).toEqual({
      help: false,
      values: { name: 'Ada', lost: true },
      positionals: ['create', '-', '--x'],
    });
    expect(read('--name=-x').values).toEqual({ name: '-x' });
    expect(read('--name', '-').values).toEqual({ name: '-' });
  });

  it.each([[['--help']], [['-h']], [['create', '--name', '--help', '-h']], [['--unknown', '--help']]])(
    'requests help, whatever else is in %j',
    (args) => {
      expect(read(...args).help).toBe(true);
    },
  );

  it.each([
    [['--frobnicate'], '"--frobnicate" is not an option of this command.'],
    [['--constructor=1'], '"--constructor" is not an option of this command.'],
    [['--__proto__', 'x'], '"--__proto__" is not an option of this command.'],
    [['-x'], '"-x" is not an option of this command.'],
    [['-1'], '"-1" is not an option of this command.'],
    [['--a\u001b[31m'], '"--a\\u001b[31m" is not an option of this command.'],
    [['--name'], '--name requires a value.'],
    [['--name', '--lost'], '--name requires a value, and is followed by "--lost": write --name=VALUE'],
    [['--name='], '--name must not be blank, and is "".'],
    [['--name', ''], '--name must not be blank, and is "".'],
    [['--name', '  '], '--name must not be blank, and is "  ".'],
    [['--name', 'a', '--name', 'b'], '--name was given twice: give it once.'],
    [['--lost', '--lost'], '--lost was given twice: give it once.'],
    [['--lost=yes'], '--lost takes no value, and was given "yes".'],
    [['--help=yes'], '--help takes no value, and was given "yes".'],
    [['--name', 'a\nb'], '--name must be one line without control characters, and is "a\\nb".'],
    [['--name', 'a\u009bb'], '--name must be one line without control characters, and is "a\\u009bb".'],
    [['--name', 'a\u202eb'], '--name must be one line without control characters, and is "a\\u202eb".'],
    [['--name', 'a\ud800'], '--name must be well-formed Unicode, '],
    [['--name', 'a\ufffd'], '--name must be UTF-8, and is '],
    [[''], 'The argument "" must not be blank.'],
    [['a\u0007'], 'The argument "a\\u0007" must be one line without control characters.'],
    [['\udc00'], 'The argument "\\udc00" must be well-formed Unicode, '],
  ])('is refused in one line: %j', (args, message) => {
    let refusal: unknown;
    try {
      read(...args);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(UsageError);
    expect((refusal as UsageError).message.startsWith(message), (refusal as UsageError).message).toBe(true);
    expect((refusal as UsageError).message).not.toMatch(/\p{Cc}/u);
  });

  it('shows the beginning of a long value only', () => {
    expect(() => oneOf('--role', 'x'.repeat(100_000), ['viewer'])).toThrow(
      `--role must be viewer, and is "${'x'.repeat(100)}…".`,
    );
  });

  it('takes any name of a file, but an empty one', () => {
    const name = 'a\tb\u200f.json';
    expect(readCommandLine([name], {}, { paths: true }).positionals).toEqual([name]);
    expect(() => readCommandLine([''], {}, { paths: true })).toThrow('The argument "" must not be empty.');
  });

  it('has one of some words, and no argument too many', () => {
    const known = ['plan', 'apply', 'check'] as const;
    expect(oneOf('The command', 'apply', known)).toBe('apply');
    expect(() => oneOf('The command', undefined, known)).toThrow(
      'The command is required: plan, apply or check.',
    );
    expect(() => oneOf('The command', 'aply', known)).toThrow(
      'The command must be plan, apply or check, and is "aply".',
    );
    expect(() => requireNone(['more'])).toThrow('The argument "more" is not expected here.');
    expect(wantsOnlyHelp(['--help'])).toBe(true);
    expect(wantsOnlyHelp([])).toBe(false);
    expect(() => wantsOnlyHelp(['--dry-run'])).toThrow('"--dry-run" is not an option of this command.');
  });
});
