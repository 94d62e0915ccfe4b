/** `app.use('/ops', durableJobs.router())`, in any spacing and with any name. */
const mounted = /\.use\(\s*(['"`])(?<path>\/[\w./~-]*)\1\s*,\s*[\w.]+\.router\(\)/;

/** Returns the path under which an application's source mounts the router; undefined if that cannot be read from it. */
export function consolePath(source: string): string | undefined {
  const path = mounted.exec(source)?.groups?.path;
  if (path === undefined) return undefined;
  return path.endsWith('/') ? path : `${path}/`;
}
