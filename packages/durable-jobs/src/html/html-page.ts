import { markup, type Markup } from './markup.ts';

/** The parts of a page. */
export interface PageParts {
  title: string;
  /** The style sheet, which is part of the page: nothing is loaded for it. */
  style: Markup;
  /** What `<main>` contains. */
  content: Markup;
  /** Color schemes that the style sheet has; both by default. */
  colorScheme?: 'light dark' | 'light';
  /** More elements of the head, such as an icon. */
  head?: Markup;
  /** Path of a module of this service that the page runs. By default, it runs no script. */
  script?: string | undefined;
}

/**
 * Returns a page for desktop and phone that is complete in itself, and that a content security policy allows which only allows inline styles
 * and this service's own scripts.
 */
export function htmlPage({
  title,
  style,
  content,
  colorScheme = 'light dark',
  head,
  script,
}: PageParts): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="${colorScheme}">
<title>${title}</title>
${head && markup`${head}\n`}<style>${style}</style>
</head>
<body>
<main>
${content}
</main>
${script !== undefined && markup`<script type="module" src="${script}"></script>\n`}</body>
</html>
`.toString();
}
