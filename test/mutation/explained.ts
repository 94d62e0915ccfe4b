/** A change that no test can or should notice. */
export interface Explanation {
  file: string;
  /** Text of the line on which the changed code begins. */
  code: string;
  /** Parts of the replacements that this is about; all changes on the line if it is absent. */
  replacements?: readonly string[];
  because: string;
}

/** Why changes survive the tests of their module. */
export const explained: readonly Explanation[] = [];
