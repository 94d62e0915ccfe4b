/** `sendInvoiceReminder` → `send-invoice-reminder`. */
export function kebabCase(type: string): string {
  return type.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Converts a camel case name into words. */
export function inWords(name: string): string {
  return kebabCase(name).replaceAll('-', ' ');
}
