/** `charset` of a media type, with or without quotation marks. */
const CHARSET = /;\s*charset\s*=\s*"?([^\s;"]*)/i;

/** Whether a media type names UTF-8 or, equivalently, no charset. */
export function saysUtf8(mediaType: string): boolean {
  const [, charset] = CHARSET.exec(mediaType) ?? [];
  return charset === undefined || /^utf-?8$/i.test(charset);
}
