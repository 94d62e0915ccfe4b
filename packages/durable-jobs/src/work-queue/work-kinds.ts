import type { WorkItemDefinition } from './define-work-item.ts';

/** The kinds of work items of an application. It is built once and passed to what needs it. */
export interface WorkKindRegistry {
  /** Every kind, in the order in which they are listed. */
  readonly all: readonly WorkItemDefinition[];
  /** The names of {@link all}. */
  readonly kinds: readonly string[];
  /** Returns the definition of a kind; undefined if it does not exist: another release may have kinds that this one does not know. */
  find: (kind: string) => WorkItemDefinition | undefined;
  /**
   * Returns the definition of a kind.
   * @throws if it does not exist.
   */
  get: (kind: string) => WorkItemDefinition;
  /**
   * Returns the registry with these definitions in place of those of the same kind: a worker adds the code to declarations that all
   * processes have.
   * @throws if a kind is not in the registry.
   */
  with: (definitions: readonly WorkItemDefinition[]) => WorkKindRegistry;
}

/** The format of a kind's name. */
const kindPattern = /^[a-z][a-z0-9-]{0,99}$/;

/**
 * Builds the registry of an application's kinds of work.
 * @throws if a name is not valid or not unique, or the functions of a kind exclude or need each other.
 */
export function createWorkKinds(all: readonly WorkItemDefinition[]): WorkKindRegistry {
  const byKind = new Map<string, WorkItemDefinition>();
  for (const definition of all) {
    const { kind } = definition;
    if (!kindPattern.test(kind)) {
      throw new Error(
        `The work item kind "${kind}" must be 1 to 100 lower-case letters, digits or dashes, beginning with a letter.`,
      );
    }
    if (byKind.has(kind)) throw new Error(`The work item kind ${kind} is defined twice.`);
    if (definition.apply && definition.perform)
      throw new Error(`The work item kind ${kind} must have apply or perform, not both.`);
    if (definition.applyAll && !definition.apply)
      throw new Error(`The work item kind ${kind} has applyAll and must have apply, too.`);
    byKind.set(kind, definition);
  }
  return {
    all,
    kinds: [...byKind.keys()],
    find: (kind) => byKind.get(kind),
    get(kind) {
      const definition = byKind.get(kind);
      if (!definition) throw new Error(`The work item kind ${kind} does not exist.`);
      return definition;
    },
    with(definitions) {
      const replaced = new Map(definitions.map((definition) => [definition.kind, definition]));
      for (const kind of replaced.keys()) {
        if (!byKind.has(kind)) throw new Error(`The work item kind ${kind} is not declared.`);
      }
      return createWorkKinds(all.map((definition) => replaced.get(definition.kind) ?? definition));
    },
  };
}

/**
 * Checks that every kind has code.
 * @throws if one has none: its items would be claimed and never processed.
 */
export function requireWork({ all }: WorkKindRegistry): void {
  for (const definition of all) {
    if (definition.apply || definition.perform) continue;
    throw new Error(`The work item kind ${definition.kind} has no code to run.`);
  }
}
