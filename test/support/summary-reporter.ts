import { join, relative } from 'node:path';
import type { Reporter, TestModule, Vitest } from 'vitest/node';
import { namesTest, readGuarantees } from './guarantees.ts';

/** Each test of each file that ran, and whether it has passed. */
type FileResults = Map<string, readonly { name: string; hasPassed: boolean }[]>;

const root = join(import.meta.dirname, '../..');

/**
 * Lists every skipped test, and ends with one line of counts. With REQUIRE_ALL_PARTS=1, a skipped test fails the run: it is set where every
 * part that a test may lack is installed. It then also fails for each test that docs/guarantees.md
 * names and that has not passed.
 */
export class SummaryReporter implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  #print = (): void => undefined;

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    this.#print = () => this.#summarise(modules, unhandledErrors);
  }

  /** Comes after the default reporter's own summary, so that the counts are the last line. */
  onFinished(): void {
    this.#print();
  }

  #summarise(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    let passed = 0;
    let failed = unhandledErrors.length;
    const skipped: string[] = [];
    const results: FileResults = new Map();
    for (const module of modules) {
      let failedHere = 0;
      const resultsHere: { name: string; hasPassed: boolean }[] = [];
      results.set(relative(root, module.moduleId), resultsHere);
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        resultsHere.push({ name: test.name, hasPassed: state === 'passed' });
        if (state === 'passed') passed++;
        else if (state === 'failed') failedHere++;
        else skipped.push(`${test.project.name}: ${test.fullName}`);
      }
      // A file or a hook that fails before its tests must not look like fewer tests.
      if (failedHere === 0 && module.state() === 'failed') failedHere = 1;
      failed += failedHere;
    }
    // Tests that are excluded by a name pattern lack nothing.
    const chosen = this.#vitest?.config.testNamePattern !== undefined;
    if (skipped.length > 0 && !chosen) {
      console.log(`\nSkipped:\n${skipped.map((name) => `  - ${name}`).join('\n')}`);
      if (process.env.REQUIRE_ALL_PARTS === '1') {
        console.log('REQUIRE_ALL_PARTS=1: a run with skipped tests has failed.');
        process.exitCode = 1;
      }
    }
    if (process.env.REQUIRE_ALL_PARTS === '1' && !chosen) this.#checkGuarantees(results);
    console.log(`\n${passed} passed, ${failed} failed, ${skipped.length} skipped`);
  }

  /** Fails the run for each test that a guarantee names, of the files that ran, and that has not passed. */
  #checkGuarantees(results: FileResults): void {
    for (const { title, proofs } of readGuarantees()) {
      for (const proof of proofs) {
        const ofFile = results.get(proof.file);
        if (!ofFile) continue;
        const named = ofFile.filter(({ name }) => namesTest(proof.title, name));
        if (named.length > 0 && named.every(({ hasPassed }) => hasPassed)) continue;
        console.log(
          `The guarantee "${title}" is not proved. Its test did not pass: ${proof.file}: ${proof.title}`,
        );
        process.exitCode = 1;
      }
    }
  }
}
