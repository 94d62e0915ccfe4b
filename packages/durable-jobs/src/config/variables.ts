import { isIP } from 'node:net';
import { z } from 'zod';
import { durationMs, parseDuration, timerMs } from '../values/duration.ts';
import { recipientAddress } from '../values/email-address.ts';
import { numberIn, wholeNumber } from '../values/number-text.ts';

/** Rate per second; values below one are allowed. */
export const perSecond = numberIn(0.001, 1_000_000, /^\d{1,7}(\.\d{1,6})?$/, 'a number');

/** A port; 0 selects a free one. */
export const port = wholeNumber(0, 65_535);

/** The name or address of an interface to listen on, without a port and without the brackets of a URL. */
export const listenHost = z
  .string()
  .refine(
    (text) =>
      isIP(text) !== 0 ||
      /^(?=.{1,253}$)[a-z\d]([a-z\d-]*[a-z\d])?(\.[a-z\d]([a-z\d-]*[a-z\d])?)*$/i.test(text),
    'must be an IP address or a host name, without a port',
  );

/** The address of a gRPC server, to which the SDK adds its default port. */
export const grpcAddress = z.string().refine((text) => {
  const [, ipv6, host = '', portText] =
    /^(?:\[([\da-f:.]+)\]|([a-z\d](?:[a-z\d_.-]*[a-z\d])?\.?))(?::(\d{1,5}))?$/i.exec(text) ?? [];
  const isHost = ipv6 === undefined ? host !== '' : isIP(ipv6) === 6;
  return isHost && (portText === undefined || (Number(portText) > 0 && Number(portText) <= 65_535));
}, 'must be a host and a port such as 127.0.0.1:7233, without a protocol');

/** The name of a worker deployment. The engine separates it from the build id with a dot or a colon. */
export const deploymentName = z
  .string()
  .regex(/^[\w-]{1,100}$/, 'must consist of letters, digits, - and _, and have at most 100 characters');

/** The id of a release within a deployment. */
export const buildId = z
  .string()
  .regex(/^[\w.+-]{1,100}$/, 'must consist of letters, digits and . + - _, and have at most 100 characters');

/** `true` or `false`. */
export const trueOrFalse = z
  .enum(['true', 'false'], 'must be true or false')
  .transform((text) => text === 'true');

/** A secret that is sent in a header, which allows no other characters. */
export const headerText = z
  .string()
  .regex(/^[\x21-\x7e]+$/, 'must consist of visible ASCII characters, without spaces');

/** A key that is sent as `Authorization: Bearer <key>`. */
export const bearerKey = headerText
  .min(16, 'must have at least 16 characters')
  .max(1_000, 'must have at most 1000 characters');

/** Sender of emails: an address with an optional name. */
export const sender = z
  .string()
  .regex(
    /^(?:[^<>]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@,]+@[^\s<>@,]+)$/,
    'must be one address such as Reminders <no-reply@example.com>',
  );

/** Time limit, which must be more than 0. */
export const timeoutMs = timerMs.refine((value) => value > 0, 'must be more than 0');

/** Like {@link durationMs}, but at least `least`, because data that is deleted sooner is missed; `reason` says why. */
export const ageMs = (least: string, reason: string) =>
  durationMs.refine((value) => value >= (parseDuration(least) ?? 0), `must be at least ${least}: ${reason}`);

/** A URL with one of the protocols. */
export const urlOf = (...protocols: string[]) =>
  z.url({
    protocol: new RegExp(`^(${protocols.join('|')})$`),
    error: `must be a URL (${protocols.join(', ')})`,
  });

/** Base URL of a web server. */
export const httpUrl = urlOf('http', 'https')
  .refine((url) => !/[?#]/.test(url), 'must not have a query or a fragment')
  .transform((url) => url.replace(/\/+$/, ''));

/** The path of a URL, without a slash at its end; `/` is none. */
export const basePath = z
  .string()
  .regex(/^(\/(?!\.{1,2}(\/|$))[\w.~-]+)*\/?$/, 'must be the path of a URL, such as /ops')
  .transform((path) => path.replace(/\/$/, ''));

/** Comma-separated email addresses without duplicates. */
export const emailList = z.string().transform((list, context) => {
  const given = list.split(',').map((address) => address.trim());
  const parsed = z.array(recipientAddress).safeParse(given.filter((address) => address !== ''));
  if (parsed.success) return [...new Set(parsed.data)];
  context.addIssue({ code: 'custom', message: 'must be email addresses separated by commas' });
  return z.NEVER;
});
