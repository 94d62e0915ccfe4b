/** The client disconnected before the response. No one waits for the response, and the service is not at fault. */
export class ClientLeftError extends Error {
  override readonly name = 'ClientLeftError';
  constructor() {
    super('the client disconnected');
  }
}
