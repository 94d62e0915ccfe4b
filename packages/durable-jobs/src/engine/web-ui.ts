/** A namespace of the engine, and the URL of its Web UI without a trailing slash. */
export interface WebUi {
  uiUrl: string;
  namespace: string;
}

/** Returns the address of a workflow in the Web UI: of one run, or of the newest if none is named. */
export function workflowUrl(ui: WebUi, workflowId: string, runId?: string): string {
  const run = runId === undefined ? '' : `/${runId}`;
  return `${namespaceUrl(ui)}/workflows/${encodeURIComponent(workflowId)}${run}`;
}

/** Returns the address of the Web UI's list of the workflows that a visibility query finds. */
export function workflowListUrl(ui: WebUi, query: string): string {
  return `${namespaceUrl(ui)}/workflows?query=${encodeURIComponent(query)}`;
}

/** Returns the address of a schedule in the Web UI. */
export function scheduleUrl(ui: WebUi, scheduleId: string): string {
  return `${namespaceUrl(ui)}/schedules/${encodeURIComponent(scheduleId)}`;
}

function namespaceUrl({ uiUrl, namespace }: WebUi): string {
  return `${uiUrl}/namespaces/${namespace}`;
}
