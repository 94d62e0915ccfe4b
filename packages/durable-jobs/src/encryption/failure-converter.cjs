/**
 * Moves the messages and stack traces of failures into payloads, so that they are encrypted too. The SDK loads this file by its path with
 * `require`.
 */
const { DefaultFailureConverter } = require('@temporalio/common');

module.exports.failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
