import { actionButton, type ActionField } from '../html/action-button.ts';
import { badge, none, type Tone } from '../html/elements.ts';
import type { PageContent } from '../html/frame.ts';
import { listPage } from '../html/list-page.ts';
import { markup } from '../html/markup.ts';
import { localTime } from '../html/times.ts';
import { linkTo } from '../http/mount.ts';
import type { Page } from '../http/paging.ts';
import { roles } from '../http/roles.ts';
import type { ApiKeyView } from './key-json.ts';

const tones: Record<ApiKeyView['state'], Tone> = { valid: 'good', expired: 'idle', revoked: 'idle' };

const path = '/api/keys';

const newKeyFields: readonly ActionField[] = [
  {
    name: 'name',
    label: 'Name',
    type: 'text',
    required: true,
    maxLength: 100,
    hint: 'The person or program that will use the key.',
  },
  { name: 'role', label: 'Role', type: roles, required: true, isUnselected: true },
  {
    name: 'expiresIn',
    label: 'Valid for',
    type: [
      { value: '30d', label: '30 days' },
      { value: '90d', label: '90 days' },
      { value: '365d', label: 'a year' },
      { value: '', label: 'as long as your own key' },
    ],
    required: true,
    hint: 'A key cannot be valid for longer than the key with which you are signed in.',
  },
];

/** The API keys as a page. */
export function keyListPage(
  query: Readonly<Record<string, string>>,
  { items, nextCursor }: Page<ApiKeyView>,
): PageContent {
  return listPage({
    title: 'API keys',
    about: 'Keys in the database. The key of the environment is not listed.',
    path,
    query,
    before: markup`<p class="actions">${actionButton({
      label: 'Create',
      of: 'an API key',
      post: linkTo(path),
      question: 'Create an API key?',
      fields: newKeyFields,
      showsOnce: { field: 'key', title: 'The new key' },
    })}</p>`,
    columns: [
      'Name',
      'Role',
      'State',
      'Created',
      'Last used',
      'Expires',
      { name: 'Actions', kind: 'buttons' },
    ],
    rows: items.map((key) => [
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
    nextCursor,
    empty: 'There are no keys in the database.',
  });
}
