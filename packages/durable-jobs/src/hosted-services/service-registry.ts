import type { RunnableService, ServiceDefinition } from './define-service.ts';
import { ownServices } from './own-services.ts';

/** The hosted services of an application, the library's own first. Created once and passed to the code that needs it. */
export interface ServiceRegistry {
  /** Every service, in the order in which pages list them. */
  readonly all: readonly ServiceDefinition[];
  /** The ids of {@link all}. */
  readonly ids: readonly string[];
  /** Returns the service with an id; undefined if there is none. */
  find: (id: string) => ServiceDefinition | undefined;
  /**
   * Returns a registry in which these definitions replace those with the same ids, so that a worker's definitions include their code.
   * @throws if one is not in the registry.
   */
  with: (definitions: readonly ServiceDefinition[]) => ServiceRegistry;
}

/** Format of an id, which is part of the workflow id and the name of the database session. */
const idPattern = /^[a-z][a-z0-9-]{0,39}$/;

/**
 * Builds the registry of an application's services; the library's own are in it.
 * @throws if an id is not valid, or is that of two services.
 */
export function createServiceRegistry(services: readonly ServiceDefinition[] = []): ServiceRegistry {
  return registryOf([...Object.values(ownServices), ...services]);
}

function registryOf(all: readonly ServiceDefinition[]): ServiceRegistry {
  const byId = new Map<string, ServiceDefinition>();
  for (const service of all) {
    const { id } = service;
    if (!idPattern.test(id)) {
      throw new Error(
        `The service id "${id}" must be 1 to 40 lower-case letters, digits or dashes, beginning with a letter.`,
      );
    }
    if (byId.has(id)) throw new Error(`The service ${id} is defined twice.`);
    byId.set(id, service);
  }
  return {
    all,
    ids: [...byId.keys()],
    find: (id) => byId.get(id),
    with(definitions) {
      const replaced = new Map(definitions.map((definition) => [definition.id, definition]));
      for (const id of replaced.keys()) {
        if (!byId.has(id)) throw new Error(`The service ${id} is not declared.`);
      }
      return registryOf(all.map((service) => replaced.get(service.id) ?? service));
    },
  };
}

/**
 * Returns the services of a registry as a worker runs them.
 * @throws if one has no code, because it would be listed and never run.
 */
export function runnableServices({ all }: ServiceRegistry): RunnableService[] {
  return all.map((service) => {
    const { run } = service;
    if (!run) throw new Error(`The service ${service.id} has no code to run.`);
    return { ...service, run };
  });
}
