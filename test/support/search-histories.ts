import { Client, Connection } from '@temporalio/client';
import { inClear } from './in-clear.ts';
import type { SecretInUse } from './secrets-in-use.ts';

/** Text that no history may contain, whether or not a test has recorded it. */
const always: readonly { kind: string; pattern: RegExp }[] = [
  // The maximum length of a local part: without a bound, a megabyte of letters would be scanned from each of them.
  { kind: 'address', pattern: /[\w.+-]{1,64}@(?:[\w-]+\.)*example(?:\.\w+)?/ },
  { kind: 'password hash', pattern: /\$argon2id\$/ },
  { kind: 'API key', pattern: /djk_[0-9a-f]{12}_[\w-]{43}|Bearer [\w-]{8,}/ },
];

/** Histories that are read at the same time. */
const AT_ONCE = 16;

/** Where a forbidden text was found. */
export interface Leak {
  kind: string;
  text: string;
  where: string;
}

/** What a search has read, and what it found. */
export interface SearchResult {
  namespaces: number;
  executions: number;
  leaks: Leak[];
}

/** Searches every history and visibility record of every namespace that tests have created on a server. */
export async function searchHistories(
  address: string,
  secrets: readonly SecretInUse[],
): Promise<SearchResult> {
  const find = finder(secrets);
  const connection = await Connection.connect({ address });
  const result: SearchResult = { namespaces: 0, executions: 0, leaks: [] };
  try {
    for (const namespace of await namespacesOf(connection)) {
      result.namespaces++;
      const client = new Client({ connection, namespace });
      const reading = new Set<Promise<void>>();
      for await (const { workflowId, runId, raw } of listRaw(client)) {
        const read = client.workflow
          .getHandle(workflowId, runId)
          .fetchHistory()
          .then((history) => {
            result.executions++;
            const text = inClear([raw, history]);
            result.leaks.push(
              ...find(text).map((leak) => ({ ...leak, where: `${namespace} ${workflowId}` })),
            );
          })
          .finally(() => reading.delete(read));
        reading.add(read);
        if (reading.size >= AT_ONCE) await Promise.race(reading);
      }
      await Promise.all(reading);
    }
  } finally {
    await connection.close();
  }
  return result;
}

/** Returns a search that can run thousands of times: one expression for all texts that many emails have in common. */
export function finder(secrets: readonly SecretInUse[]): (text: string) => { kind: string; text: string }[] {
  const kinds = new Map(secrets.map(({ kind, text }) => [text, kind]));
  // Addresses match a pattern, and tokens are looked up, because there is a new one in each email.
  const listed = secrets.filter(({ kind }) => kind === 'password' || kind === 'mail body');
  const escaped = [
    ...new Set(listed.map(({ text }) => text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))),
  ];
  const anyListed = escaped.length > 0 ? new RegExp(escaped.join('|')) : undefined;
  return (text) => {
    const found = always.flatMap(({ kind, pattern }) => {
      const [match] = pattern.exec(text) ?? [];
      return match === undefined ? [] : [{ kind, text: match }];
    });
    const [match] = anyListed?.exec(text) ?? [];
    if (match !== undefined) found.push({ kind: kinds.get(match) ?? 'secret', text: match });
    for (const [token] of text.matchAll(/[\w-]{20,}/g)) {
      if (kinds.get(token) === 'token') found.push({ kind: 'token', text: token });
    }
    return found;
  };
}

async function namespacesOf({ workflowService }: Connection): Promise<string[]> {
  const names: string[] = [];
  let nextPageToken: Uint8Array | undefined;
  do {
    const page = await workflowService.listNamespaces({
      pageSize: 100,
      nextPageToken: nextPageToken ?? null,
    });
    names.push(...page.namespaces.map(({ namespaceInfo }) => namespaceInfo?.name ?? ''));
    nextPageToken = page.nextPageToken;
  } while (nextPageToken.length > 0);
  return names.filter((name) => name !== 'temporal-system');
}

/** Executions as they are listed, not decoded: some are encrypted with keys that only their test has had. */
async function* listRaw({ options, workflowService }: Client) {
  let nextPageToken: Uint8Array | undefined;
  do {
    const page = await workflowService.listWorkflowExecutions({
      namespace: options.namespace,
      pageSize: 500,
      nextPageToken: nextPageToken ?? null,
    });
    for (const raw of page.executions) {
      yield { workflowId: raw.execution?.workflowId ?? '', runId: raw.execution?.runId ?? '', raw };
    }
    nextPageToken = page.nextPageToken;
  } while (nextPageToken.length > 0);
}
