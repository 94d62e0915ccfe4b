import { actionButton } from '../html/action-button.ts';
import { badge, none, type Tone } from '../html/elements.ts';
import type { PageContent } from '../html/frame.ts';
import { listPage } from '../html/list-page.ts';
import { markup } from '../html/markup.ts';
import { localTime } from '../html/times.ts';
import { linkTo } from '../http/mount.ts';
import type { ApiKeyView } from './key-json.ts';

const tones: Record<ApiKeyView['state'], Tone> = { valid: 'good', expired: 'idle', revoked: 'idle' };

/** The API keys as a page. */
export function keyListPage(keys: readonly ApiKeyView[]): PageContent {
  return listPage({
    title: 'API keys',
    about:
      'Keys in the database. The command “keys create” creates one; the key of the environment is not listed.',
    path: '/api/keys',
    query: {},
    columns: [
      'Name',
      'Role',
      'State',
      'Created',
      'Last used',
      'Expires',
      { name: 'Actions', kind: 'buttons' },
    ],
    rows: keys.map((key) => [
      markup`${key.name} <a class="note" href="${key.links.audit}">what it did</a>`,
      key.role,
      badge(tones[key.state], key.state),
      localTime(key.createdAt),
      key.lastUsedAt === null ? 'never' : localTime(key.lastUsedAt),
      key.expiresAt === null ? none : localTime(key.expiresAt),
      key.state === 'valid'
        ? actionButton({
            label: 'Revoke',
            of: key.name,
            post: linkTo(`/api/keys/${key.id}/revoke`),
            question: `Revoke the key ${key.name}? Programs and browsers that use it are refused from then on.`,
            isFinal: true,
          })
        : '',
    ]),
    nextCursor: null,
    empty: 'There are no keys in the database.',
  });
}
