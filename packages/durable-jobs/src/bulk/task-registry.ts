import type { BulkQueryDefinition, BulkTaskDefinition } from './define-task.ts';

/** Bulk tasks, and the queries that find items for them. */
export interface BulkTaskList {
  tasks?: readonly BulkTaskDefinition[];
  queries?: readonly BulkQueryDefinition[];
}

/** Every bulk task and query that an application has, the library's own included. Built once and handed to what needs it. */
export interface BulkTaskRegistry {
  /** In the order in which they are listed to people. */
  readonly tasks: readonly BulkTaskDefinition[];
  /** In the order in which they are listed to people. */
  readonly queries: readonly BulkQueryDefinition[];
  /** The task of a name; undefined where there is none. */
  task: (name: string) => BulkTaskDefinition | undefined;
  /** The query of a name; undefined where there is none. */
  query: (name: string) => BulkQueryDefinition | undefined;
  /**
   * The same tasks and queries, some of them with their functions.
   * @throws where one of those is not in the registry.
   */
  with: (code: BulkTaskList) => BulkTaskRegistry;
}

/**
 * Builds the registry of an application's bulk tasks.
 * @throws where two have the same name, or a query finds items of a task that is not there.
 */
export function createBulkTaskRegistry({ tasks = [], queries = [] }: BulkTaskList): BulkTaskRegistry {
  const taskByName = byName('task', tasks);
  const queryByName = byName('query', queries);
  for (const { name, task } of queries) {
    if (!taskByName.has(task))
      throw new Error(`the bulk query ${name} is for the task ${task}, which is not there`);
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

/** @throws where a task or a query of a registry has no function: for processes that run them all. */
export function requireBulkCode({ tasks, queries }: BulkTaskRegistry): void {
  const without = [
    ...tasks.filter((task) => !task.apply && !task.perform).map(({ name }) => `task ${name}`),
    ...queries.filter((query) => !query.find).map(({ name }) => `query ${name}`),
  ];
  if (without.length > 0) throw new Error(`no function is given for the bulk ${without.join(', ')}`);
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
    if (!all.some((one) => one.name === name)) throw new Error(`there is no bulk ${kind} ${name}`);
  }
  return all.map((one) => replacements.get(one.name) ?? one);
}
