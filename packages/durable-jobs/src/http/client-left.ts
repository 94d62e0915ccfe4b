/** The client left before its request was answered: nobody waits for the answer, and the service has no fault. */
export class ClientLeftError extends Error {
  override readonly name = 'ClientLeftError';
  constructor() {
    super('the client disconnected');
  }
}
