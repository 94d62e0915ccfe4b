import { z } from 'zod';
import { text } from '../values/text.ts';

/** Body of `POST /api/dead-letters/:id/discard`. */
export const discardBody = z.strictObject({ reason: text(500) });
