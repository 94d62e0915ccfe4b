/** Colors of the page's palette, each with a light and a dark variant. */
export type Colour = 'blue' | 'green' | 'orange' | 'red' | 'grey';

/** The width of every chart in its own units. The page shows them at 0.9 to 1.4 pixels a unit, so 11 is readable. */
export const WIDTH = 340;

/** Shortens `text` to at most `length` characters. */
export function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
