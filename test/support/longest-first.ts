import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take minutes although they are short. Without the times of an earlier run, the runner would begin them late, and wait for them alone. */
const longest = [
  'test/examples/init.test.ts',
  'test/docs/paste.test.ts',
  'test/examples/express-app.test.ts',
  'test/docs/code.test.ts',
  'test/integration/query-plans.test.ts',
  'test/integration/commands.test.ts',
  'test/integration/broker/outage.test.ts',
  'test/workflows/process-order.test.ts',
  'test/crash/versions.test.ts',
  'test/crash/messages-killed.test.ts',
];

/** Begins what takes longest first, so that both cores have something to do until the end. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = longest.findIndex((file) => moduleId.endsWith(`/${file}`));
      return index === -1 ? longest.length : index;
    };
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}
