import type { BulkQueryDefinition, BulkTaskDefinition } from './define-task.ts';

/** Bulk tasks, and the queries that find items for them. */
export interface BulkTaskList {
  tasks?: readonly BulkTaskDefinition[];
  queries?: readonly BulkQueryDefinition[];
}

/** All bulk tasks and queries of an application, including the library's own. It is created once and passed to the code that needs it. */
export interface BulkTaskRegistry {
  /** In the order in which pages list them. */
  readonly tasks: readonly BulkTaskDefinition[];
  /** In the order in which pages list them. */
  readonly queries: readonly BulkQueryDefinition[];
  /** Returns the task with a name; undefined if there is none. */
  task: (name: string) => BulkTaskDefinition | undefined;
  /** Returns the query with a name; undefined if there is none. */
  query: (name: string) => BulkQueryDefinition | undefined;
  /**
   * Returns a registry of the same tasks and queries that includes these functions.
   * @throws if one of them is not in the registry.
   */
  with: (code: BulkTaskList) => BulkTaskRegistry;
}

/**
 * Creates the registry of an application's bulk tasks.
 * @throws if two have the same name, or a query names an unknown task.
 */
export function createBulkTaskRegistry({ tasks = [], queries = [] }: BulkTaskList): BulkTaskRegistry {
  const taskByName = byName('task', tasks);
  const queryByName = byName('query', queries);
  for (const { name, task } of queries) {
    if (!taskByName.has(task))
      throw new Error(`the bulk query ${name} is for the task ${task}, which does not exist`);
  }
  return {
    tasks,
    queries,
    task: (name) => taskByName.get(name),
    query: (name) => queryByName.get(name),
    with: (code) =>
      createBulkTaskRegistry({
        tasks: replaced('task', tasks, code.tasks ?? []),
        queries: replaced('query', queries, code.queries ?? []),
      }),
  };
}

/** @throws if a task or query of a registry has no function, in processes that run them all. */
export function requireBulkCode({ tasks, queries }: BulkTaskRegistry): void {
  const without = [
    ...tasks.filter((task) => !task.apply && !task.perform).map(({ name }) => `task ${name}`),
    ...queries.filter((query) => !query.find).map(({ name }) => `query ${name}`),
  ];
  if (without.length > 0) throw new Error(`no function was passed for the bulk ${without.join(', ')}`);
}

function byName<T extends { name: string }>(kind: string, all: readonly T[]): ReadonlyMap<string, T> {
  const map = new Map<string, T>();
  for (const one of all) {
    if (map.has(one.name)) throw new Error(`the bulk ${kind} ${one.name} is defined twice`);
    map.set(one.name, one);
  }
  return map;
}

function replaced<T extends { name: string }>(kind: string, all: readonly T[], by: readonly T[]): T[] {
  const replacements = byName(kind, by);
  for (const name of replacements.keys()) {
    if (!all.some((one) => one.name === name)) throw new Error(`the bulk ${kind} ${name} does not exist`);
  }
  return all.map((one) => replacements.get(one.name) ?? one);
}
