/**
 * The ways through each workflow that its recorded histories cover, by workflow: a name and what happens. A history of each is
 * `histories/<workflow>.<name>.<release>.json`. With `test`, the workflow test of that title records it on the time-skipping server; the others are recorded where
 * an integration test calls `recordHistory`. Those of earlier code are kept as they are. A branch that is added to a workflow is added here, with a history.
 */
export const branches: Readonly<Record<string, Readonly<Record<string, string | { test: string }>>>> = {
  deleteExpired: {
    completed: 'expired rows are deleted',
    rescheduled: 'its start is postponed before it begins',
    held: { test: 'moves the start of a job that has not begun, and holds it back' },
    'held-without-a-time': { test: 'holds a job back that would begin at once' },
    outage: { test: 'adds up the deleted rows across a database outage' },
    'long-outage': { test: 'does not fail because of a database outage longer than its time limit' },
    cancelled: { test: 'ends when it is cancelled' },
  },
  eraseSubject: {
    completed: 'a person without open jobs',
    'jobs-open': { test: 'destroys nothing before the last job has ended, and looks ever less often' },
    'continued-as-new': 'a job of the person takes so long to end that the history is long',
    'cancelled-in-vain': { test: 'continues although it is cancelled' },
  },
  hostService: {
    paused: 'paused while it runs',
    resumed: 'paused from the beginning, then resumed',
    renewed: 'renewed while it is paused',
    'continued-while-paused': 'continued as new, because many messages came during a pause',
    'renewed-while-running': {
      test: 'continues in a new run when it is renewed, paused or running as before',
    },
    described: { test: "shows the service's own notice" },
    cancelled: { test: 'ends when it is cancelled while it runs' },
    ended: { test: 'starts the service again when its run ends, and its history does not grow' },
    'failed-unexpectedly': { test: 'continues half a minute after an unexpected failure' },
  },
  mailReport: {
    daily: 'a copy of the daily report',
    maintenance: 'a copy of the report on maintenance',
    refused: { test: 'fails if the address is refused permanently' },
  },
  processBulk: {
    completed: 'all items are processed',
    cancelled: 'cancelled while batches are in progress',
    'continued-while-paused': 'continued as new, because many messages came during a pause',
    'continued-again': 'begins paused as the previous run was, and continues as new before it plans anything',
    'paused-and-resumed': {
      test: 'begins no batch while it is paused, and then continues if a batch stopped',
    },
    'resumed-at-once': { test: 'continues if it is resumed before the pause took effect' },
    'paused-during-resume': { test: 'accepts a pause that arrives during a resume' },
    'walked-again': { test: 'walks again if it is told of items while it ends' },
    rounds: { test: 'waits 10 s before it retries items, and a minute after each later round' },
    'round-ended-early': { test: 'ends such a pause when it is informed of items' },
    'not-planned': { test: 'fails visibly if its items can never be planned' },
  },
  processOrder: {
    completed: 'paid, fulfilled, with a receipt',
    retried: 'paid at a later attempt',
    'retried-by-operator': 'run again by an operator after it had failed',
    'payment-failed': 'not paid after all attempts',
    'never-accepted': { test: 'does not retry a request that the provider will never accept' },
    'rate-limited': 'the provider accepts no more calls for a while',
    'database-outage': 'our database is unavailable during the payment',
    'outage-between-attempts': {
      test: 'continues after an outage with the attempts and the waits that are left',
    },
    'unreadable-input': 'a worker cannot read the input of a step',
    'new-card': 'declined, then paid with another card',
    'new-card-too-late': { test: 'cancels the order after 24 hours' },
    'new-card-refused': { test: 'refuses another payment method while it does not wait for one' },
    'declined-and-mail-away': { test: 'accepts a new card although the mail server is unavailable' },
    held: 'paused by an operator while it waits for another card',
    'withdrawn-before-its-start': 'cancelled by the customer before its job was started',
    cancelled: 'cancelled by the customer while it waits for another card',
    'cancelled-between-attempts': {
      test: 'can be cancelled between two attempts, which ends the attempts',
    },
    'cancelled-while-charging': {
      test: 'lets a charge that is on its way decide a cancellation: taken money stays taken',
    },
    'cancelled-too-late': { test: 'refuses a cancellation once the money is taken' },
    'job-cancelled': 'the job itself is cancelled before the payment',
    'return-follows-open-return': 'closed while an earlier return of its payment is in progress',
    refunded: 'paid, but the stock is gone',
    'refunded-after-an-hour': { test: 'returns the payment if the step after it has failed for an hour' },
    'completed-after-all': { test: 'keeps an order that an attempt presumed dead completed after all' },
    'outage-after-payment': {
      test: 'keeps the money of a paid order through an outage of our database, however long it lasts',
    },
    'receipt-not-sent': { test: 'completes an order whose receipt cannot be sent' },
  },
  refreshStatistics: {
    refreshed: 'the figures are computed',
    encrypted: 'its payloads are encrypted',
    'given-up': { test: 'gives up once the next run of its schedule would do the same' },
  },
  returnPayment: {
    refunded: 'the money was taken, and is returned',
    released: 'the payment is cancelled before it was taken',
    'cancelled-in-vain': { test: 'continues until the payment is returned, whether it is cancelled or not' },
  },
  runDailyReport: {
    mailed: 'of the first release, which mailed all copies in one step',
    'caught-up': 'of the first release, after a day without a report',
    'copies-are-jobs': 'each copy has a job of its own',
    'made-up-for': 'reports of earlier days are missing',
    'copies-in-progress': {
      test: 'completes while a mailbox refuses its copy for days, and leaves that copy to its job',
    },
    'day-not-ended': { test: 'fails at once for a day that has not ended, and mails nothing' },
  },
  runJob: {
    completed: { test: 'runs on its queue, and gives the function what it needs' },
    'expires-later': { test: 'begins as usual where its start has not' },
    expired: { test: 'fails without doing anything where its start has expired' },
    'not-retryable': { test: 'fails at once if no retry can help' },
    'listed-delays': {
      test: 'is retried after exact delays of any kind, with one effect key, and then fails',
    },
    outage: { test: 'uses up no attempt while our own database is unavailable' },
    'unknown-to-a-worker': { test: 'waits for a worker that knows the job' },
    cancelled: { test: 'can be cancelled, which the function hears of' },
    'cancelled-before-it-begins': { test: 'can be cancelled before it begins, and then does not run' },
  },
  runMaintenance: {
    completed: 'of the first release, which mailed the report in one step',
    'copies-are-jobs': 'each copy has a job of its own',
  },
  sendPasswordReset: {
    'asked-twice': 'a second request restarts the wait',
    cancelled: 'cancelled while it waits',
    skipped: 'there is no one to send it to',
    'held-and-moved': 'paused and moved by an operator',
    'continued-while-paused': 'continued as new, because many requests came during a pause',
    continued: 'continues the run before it, as operators left it',
    'cancelled-for-an-earlier-request':
      'continues, because its cancellation was not meant for its newest request',
    refused: { test: 'fails if its only email is refused permanently' },
    'asked-while-sending': {
      test: 'gives a request that arrives while an email is being sent its own wait and email',
    },
    'postponed-at-most': {
      test: 'puts the email off by a quarter of an hour at most, however often it is asked',
    },
    'newer-request-survives': {
      test: 'sends the email of a newer request although an earlier one was refused permanently',
    },
  },
  sendWelcomeEmail: {
    completed: 'sent at once',
    retried: 'sent after an outage of the mail server',
    refused: { test: 'fails at once if the server permanently refuses the email' },
  },
  startBulkJob: {
    completed: 'the bulk job is created, and ends',
    'bulk-job-failed': { test: 'fails visibly if the bulk job does' },
  },
  syncPayments: {
    completed: 'of the first release, with seven activities',
    'given-up': 'with seven activities: the provider was unavailable for six hours',
    cancelled: 'with seven activities: cancelled while it read the refunds',
    'two-activities': 'payments are copied and compared',
    'two-activities-given-up': {
      test: 'retries an unavailable provider with growing waits, and gives up after 18 hours',
    },
    'two-activities-cancelled': { test: 'notes that it was cancelled' },
  },
};

const NO_VALIDATORS = 'A replay calls no validators: the history contains only accepted updates.';
const BUG = 'A bug: the task is repeated until other code is deployed, so that no history contains it.';

/**
 * The code of workflows that no recorded history runs, and why it needs none: the first line of each piece, after the file that contains it.
 * A file without a line is left out altogether.
 */
export const notRecorded: Readonly<Record<string, string>> = {
  'packages/durable-jobs/src/jobs/workflow/bound-errors.ts':
    'It issues no command. test/workflows/thrown-errors.test.ts runs it.',
  'packages/durable-jobs/src/jobs/workflow/declare-versioning.ts':
    'It issues no command, and workers without a version skip it. test/crash/versions.test.ts runs it.',
  'packages/durable-jobs/src/jobs/run/workflow.ts: throw new WorkflowError(`this worker does not have the job ${type}`);':
    'It fails the task: no history contains it.',
  "packages/durable-jobs/src/jobs/workflow/counted-activities.ts: cause instanceof TimeoutFailure && cause.timeoutType === 'SCHEDULE_TO_CLOSE' ? cause.cause : cause;":
    'The time-skipping server reports the last failure instead of the timeout. The steps are those of deleteExpired.long-outage.',
  'workflows/processOrder.ts: validator: () => {': NO_VALIDATORS,
  'workflows/processOrder.ts: validator: (_change: { revision: number }) => {': NO_VALIDATORS,
  'workflows/processOrder.ts: if (!(error instanceof ActivityFailure)) throw error;': BUG,
  'workflows/processOrder.ts: if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;':
    BUG,
  'workflows/start-mailings.ts: if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;':
    BUG,
  'workflows/processOrder.ts: return cause instanceof Error ? cause.message : String(cause);':
    'It is only the text of what is not an error.',
  'workflows/sendPasswordReset.ts: if (earlierIds.length > REMEMBERED) earlierIds.shift();':
    'It issues no command: it forgets the oldest of more than 50 requests.',
};

/** Returns the branch of a workflow that a test records; undefined if it records none. `test` is its full name. */
export function branchRecordedBy(workflow: string, test: string): string | undefined {
  return Object.entries(branches[workflow] ?? {}).find(
    ([, branch]) => typeof branch === 'object' && test.endsWith(` > ${branch.test}`),
  )?.[0];
}
