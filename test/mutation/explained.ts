/** Changes that no test can or should notice. */
export interface Explanation {
  file: string;
  /** Text of the line on which the changed code begins. */
  code: string;
  /** Parts of the replacements that this is about; all changes on the line if it is absent. */
  replacements?: readonly string[];
  because: string;
}

const access = 'packages/durable-jobs/src/access';
const sendOnce = 'packages/durable-jobs/src/emails/send-once.ts';
const groupsOrNone =
  'a match has all groups and no match has none, so that one check would do; the types need each';

/** Why changes survive the tests of their module. */
export const explained: readonly Explanation[] = [
  {
    file: sendOnce,
    code: "sender: 'job'",
    because: 'a trigger sets it for rows with a key, for the sake of releases that do not know the column',
  },
  {
    file: sendOnce,
    code: 'outcome: numUpdatedRows > 0n',
    replacements: ['false'],
    because: 'the outcome is read from the row then, which was just withdrawn',
  },
  {
    file: 'packages/durable-jobs/src/http/idempotency-keys.ts',
    code: "if (rows.length > 0) return { status: 'new' };",
    replacements: ['{}', '""'],
    because: 'a claim that is neither a replay nor reused is new; the name is for the compiler',
  },
  {
    file: 'packages/durable-jobs/src/jobs/create-once.ts',
    code: "message: issue?.message ?? 'is not valid'",
    because: 'an error of the schema has an issue, and that has a message; the check is for the compiler',
  },
  {
    file: sendOnce,
    code: 'if (error instanceof BeingSentError) throw error;',
    replacements: ['false'],
    because:
      'the row that another attempt has leased or ended is not changed below either; only if that attempt fails at the same moment, this one would be counted too',
  },
  {
    file: `${access}/sessions.ts`,
    code: 'if (id === undefined || endsAt === undefined || bond === undefined || mac === undefined)',
    because: groupsOrNone,
  },
  {
    file: `${access}/sessions.ts`,
    code: 'format.exec(cookie',
    because: 'the other text and the other list do not have the form of a session either',
  },
  {
    file: `${access}/sessions.ts`,
    code: "parseCookie(request.get('cookie')",
    because: 'the other text has no cookie either',
  },
  {
    file: `${access}/api-key.ts`,
    code: 'format.exec(text) ?? []',
    because: 'the list takes the place of the whole match, which is not read',
  },
  {
    file: `${access}/api-key.ts`,
    code: 'return id !== undefined && secret !== undefined',
    because: groupsOrNone,
  },
  {
    file: `${access}/authenticate.ts`,
    code: "const [, text = '']",
    because:
      'the other text is no key either, and the list takes the place of the whole match, which is not read',
  },
  {
    file: `${access}/key-directory.ts`,
    code: "newIds.consume('all')",
    because: 'the name of the only budget is of no consequence',
  },
  { file: `${access}/key-directory.ts`, code: '() => false', because: 'undefined is false here' },
  {
    file: `${access}/key-directory.ts`,
    code: "known.fetch('ids')",
    because: 'the name of the only entry is of no consequence, and its look-up returns a list or throws',
  },
  {
    file: `${access}/key-directory.ts`,
    code: 'seen.set(id, true)',
    replacements: ['false'],
    because: 'only the presence of the id counts',
  },
  {
    file: `${access}/key-directory.ts`,
    code: 'cache.fetch(id',
    replacements: ['.key'],
    because: 'the look-up returns an object or throws',
  },
  {
    file: `${access}/key-directory.ts`,
    code: 'touched.set(id, true)',
    because: 'only the presence of the id counts',
  },
  {
    file: `${access}/key-directory.ts`,
    code: "const NO_HASH = hashToken('')",
    because: 'no secret has the hash of either text; that a look-up takes as long is not measured',
  },
  {
    file: `${access}/lockout.ts`,
    code: 'state.consumedPoints < failures',
    because: 'an address with as many failures is blocked at once, with more points',
  },
  {
    file: `${access}/lockout.ts`,
    code: 'underWay.count === 0',
    replacements: ['false', '!=='],
    because: 'what is kept is an entry without attempts, which counts nothing',
  },
  {
    file: `${access}/lockout.ts`,
    code: "'unknown'",
    because: 'requests without an address count as one, whatever its name',
  },
  {
    file: `${access}/same-origin.ts`,
    code: 'origin !== undefined',
    replacements: ['true'],
    because: 'what is absent cannot be parsed either; the check is for the compiler',
  },
];
