/** `charset` of a media type, in quotation marks or not. */
const CHARSET = /;\s*charset\s*=\s*"?([^\s;"]*)/i;

/** Whether a media type leaves the charset open, which is UTF-8 then, or names UTF-8. */
export function saysUtf8(mediaType: string): boolean {
  const [, charset] = CHARSET.exec(mediaType) ?? [];
  return charset === undefined || /^utf-?8$/i.test(charset);
}
