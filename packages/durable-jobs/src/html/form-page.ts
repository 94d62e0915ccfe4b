import { htmlPage } from './html-page.ts';
import { markup, Markup } from './markup.ts';
import { pageIcon } from './page-icon.ts';

const style = new Markup(`
  :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; background: Canvas; color: CanvasText; }
  a { color: #1f5fbf; }
  @media (prefers-color-scheme: dark) { a { color: #8ab6fa; } }
  main { max-width: 24rem; margin: 10vh auto; padding: 0 1rem; }
  label, input, button { display: block; width: 100%; box-sizing: border-box; font: inherit; }
  input { margin: .25rem 0 1rem; padding: .6rem; border: 1px solid #767676; border-radius: .4rem; }
  button { padding: .7rem; border: 0; border-radius: .4rem; background: #1f5fbf; color: #fff; cursor: pointer; }
  button:disabled { opacity: .6; cursor: progress; }
  [role=status] { min-height: 3rem; }
`);

/** Returns a page with little more than a form, for desktop and phone. `script` is a path of this service. */
export function formPage({ title, body, script }: { title: string; body: Markup; script?: string }): string {
  return htmlPage({
    title,
    style,
    content: markup`<h1>${title}</h1>
${body}`,
    head: pageIcon,
    script,
  });
}
