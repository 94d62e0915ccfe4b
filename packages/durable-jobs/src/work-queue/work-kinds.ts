import type { WorkItemDefinition } from './define-work-item.ts';

/** The kinds of work items that an application has. Built once and handed to what needs it. */
export interface WorkKindRegistry {
  /** Every kind, in the order in which they are listed to people. */
  readonly all: readonly WorkItemDefinition[];
  /** The names of {@link all}. */
  readonly kinds: readonly string[];
  /** The definition of a kind; undefined if there is none: another release may know kinds that this one does not. */
  find: (kind: string) => WorkItemDefinition | undefined;
  /** @throws if the kind is unknown. */
  get: (kind: string) => WorkItemDefinition;
  /**
   * Returns the registry with these definitions instead of those of the same kind: what a worker does, of what all processes know.
   * @throws if one is not in the registry.
   */
  with: (definitions: readonly WorkItemDefinition[]) => WorkKindRegistry;
}

/** What a kind may be called. */
const kindPattern = /^[a-z][a-z0-9-]{0,99}$/;

/**
 * Builds the registry of an application's kinds of work.
 * @throws if a name is not valid, or is that of two kinds, or a kind is done in two ways.
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

/** @throws if a kind has no code: its items would be claimed, and never done. */
export function requireWork({ all }: WorkKindRegistry): void {
  for (const definition of all) {
    if (definition.apply || definition.perform) continue;
    throw new Error(`The work item kind ${definition.kind} has no code to run.`);
  }
}
