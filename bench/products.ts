/** Lines that are handed to the connection at once. */
const LINES_PER_WRITE = 500;

/** The lines of an upload, made as they are sent. */
export function* products(items: number): Generator<string> {
  for (let from = 0; from < items; from += LINES_PER_WRITE) {
    let lines = '';
    for (let index = from; index < Math.min(from + LINES_PER_WRITE, items); index++) {
      lines += `{"sku":"bench-${index}","name":"Product ${index}","unitAmount":${index % 100_000},"currency":"EUR"}\n`;
    }
    yield lines;
  }
}
