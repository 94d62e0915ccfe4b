import type { HelmetOptions } from 'helmet';

/**
 * What browsers are told about every answer. A page takes scripts, styles and pictures from this service alone, sends forms
 * nowhere else, and is shown in no frame. Styles may stand in the page: they can't run anything.
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
  // With `no-referrer`, helmet's default, browsers hide the origin of a page's own forms, by which they are known to be ours.
  referrerPolicy: { policy: 'same-origin' },
};
