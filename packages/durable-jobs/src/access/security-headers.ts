import type { HelmetOptions } from 'helmet';

/**
 * Security headers of every response. Pages load scripts, styles and images only from this service, submit forms only to it, and can't be
 * framed. Inline styles are allowed, because they can't run code.
 */
export const securityHeaders: HelmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      'default-src': ["'none'"],
      'script-src': ["'self'"],
      'style-src': ["'self'", "'unsafe-inline'"],
      'img-src': ["'self'", 'data:'],
      'font-src': ["'self'"],
      'connect-src': ["'self'"],
      'manifest-src': ["'self'"],
      'form-action': ["'self'"],
      'base-uri': ["'none'"],
      'frame-ancestors': ["'none'"],
    },
  },
  // With `no-referrer`, helmet's default, browsers hide the origin of a page's own forms, which identifies them as ours.
  referrerPolicy: { policy: 'same-origin' },
};
