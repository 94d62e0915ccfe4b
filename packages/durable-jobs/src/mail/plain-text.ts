import { Eta } from 'eta';

const html = new Eta({ autoEscape: true, cache: false });

const page = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title><%= it.subject %></title></head>
<body style="font-family:system-ui,sans-serif;line-height:1.5;color:#1c1c1c;max-width:36rem;margin:2rem auto;padding:0 1rem">
<% for (const paragraph of it.paragraphs) { %><p style="white-space:pre-line;overflow-wrap:anywhere"><%= paragraph %></p>
<% } %></body></html>
`;

/** The HTML of an email that was written as plain text: its paragraphs and line breaks, with everything escaped. */
export function htmlOfText(subject: string, text: string): string {
  const paragraphs = text
    .split(/\r?\n(?:[ \t]*\r?\n)+/)
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => paragraph !== '');
  return html.renderString(page, { subject, paragraphs });
}
