import type { ActivityInterceptors } from '@temporalio/worker';
import { boundError } from '../engine/bound-error.ts';
import { withoutLibraryType } from '../engine/library-failure.ts';

/**
 * Bounds what activities throw before it is stored, and keeps its type apart from those of the library's own failures. An error that
 * the SDK cannot encode, because it contains half a surrogate pair or is its own cause, would end the worker.
 */
export function boundFailures(): ActivityInterceptors {
  return {
    inbound: {
      async execute(input, next) {
        try {
          return await next(input);
        } catch (error) {
          throw withoutLibraryType(boundError(error));
        }
      },
    },
  };
}
