/* eslint-disable */
/** Generated from the OpenAPI document by `npm run client-types`. */
export interface paths {
  '/api/jobs': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Find jobs, newest first
     * @description Each open job is listed with its current status. If you filter by an error, or by what open jobs are doing, a page may be shorter than requested and still have a next page.
     */
    get: operations['listJobs'];
    put?: never;
    /**
     * Start a job once, now or later
     * @description Without `delay` and `startAt` it starts at once; they exclude each other, and so do `expiresIn` and `expiresAt`. With `after` it waits until another job has ended so. Each request starts a job of its own, unless it has a `dedupeKey`: then the first request with that key does, and later ones are answered with that job and `started: false`.
     *
     *     Requires an operator key.
     */
    post: operations['startJob'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/jobs/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Read a job
     * @description Returns the newest run, or the run `runId`.
     */
    get: operations['getJob'];
    put?: never;
    post?: never;
    /**
     * Cancel a job
     * @description The job ends as `cancelled` after its workflow has cleaned up.
     *
     *     Requires an operator key.
     */
    delete: operations['deleteJob'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/jobs/{id}/result': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Wait for the result of a job
     * @description Of its newest run. With `wait`, the answer comes as soon as the job has ended, and after that time at the latest: ask again where it is 202.
     */
    get: operations['getJobResult'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/jobs/{id}/why': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Explain the state of a job
     * @description Returns a code for programs, a sentence for people, and the facts behind them; docs/jobs.md lists the codes.
     */
    get: operations['explainJob'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/jobs/{id}/timeline': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Read the timeline of a job
     * @description Returns the timeline of the newest run, or of the run `runId`. As HTML, it is a page with a picture on a time axis.
     */
    get: operations['getJobTimeline'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/jobs/{id}/events': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Follow a job
     * @description Sends `status` at each change, and `end` when the job has ended, after which the stream closes. The data of both contains the status, the reason, the newest attempt and, for a bulk job, its progress. Resume with `Last-Event-ID`.
     */
    get: operations['watchJob'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/jobs/batch': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Act on many jobs
     * @description The matching or named jobs become the items of a bulk job, which acts on each one. It has progress, can be paused and cancelled, and lists the jobs that refused the action. It acts on exactly the runs and starts that matched or were named. Without a status, `retry` applies to failed jobs, and the other actions to open jobs.
     *
     *     Requires an operator key.
     */
    post: operations['actOnJobs'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/jobs/{id}/cancel': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Cancel a job
     * @description The job ends as `cancelled` after its workflow has cleaned up. The same as `DELETE /api/jobs/{id}`.
     *
     *     Requires an operator key.
     */
    post: operations['cancelJob'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/jobs/cancel': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Cancel a job by its type and key
     * @description As `POST /api/jobs/{id}/cancel`, for callers who know the key and not the id, whatever characters the key has. It also finds a start that SQL has enqueued a moment ago.
     *
     *     Requires an operator key.
     */
    post: operations['cancelJobByKey'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/jobs/{id}/terminate': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Terminate a job
     * @description Ends the job immediately, without its own cleanup. The service closes what the job left open, by the rules of its type. Repeat the request to close what a job left open that was terminated by other means.
     *
     *     Requires an operator key.
     */
    post: operations['terminateJob'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/jobs/{id}/retry': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Retry a job
     * @description Starts a job again that has ended without success, with the same input, once per run. For a job that waits for its next attempt, makes that attempt now.
     *
     *     Requires an operator key.
     */
    post: operations['retryJob'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/jobs/{id}/pause': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Pause a job
     * @description No further attempt begins, and what the job waits for does not happen. An attempt that is running finishes.
     *
     *     Requires an operator key.
     */
    post: operations['pauseJob'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/jobs/{id}/resume': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Resume a job
     * @description Requires an operator key.
     */
    post: operations['resumeJob'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/jobs/{id}/reschedule': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Reschedule a job
     * @description Moves the start, the timer, or the next attempt that the job is waiting for.
     *
     *     Requires an operator key.
     */
    post: operations['rescheduleJob'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/dead-starts': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List the dead starts, newest first */
    get: operations['listDeadStarts'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/dead-starts/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Read a start that is dead or was discarded */
    get: operations['getDeadStart'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/dead-starts/{id}/requeue': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Try a dead start again
     * @description Use this after you have fixed the cause. The start is checked again, and is dead again if nothing has changed.
     *
     *     Requires an operator key.
     */
    post: operations['requeueDeadStart'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/dead-starts/{id}/discard': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Discard a dead start
     * @description Requires an operator key.
     */
    post: operations['discardDeadStart'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/groups': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * List groups, newest first
     * @description Returns JSON or a page, depending on `Accept`.
     */
    get: operations['listGroups'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/groups/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Read how far a group is, and a page of its jobs
     * @description Returns JSON or a page, depending on `Accept`.
     */
    get: operations['getGroup'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/bulk-jobs': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List the bulk jobs, newest first */
    get: operations['listBulkJobs'];
    put?: never;
    /**
     * Start a bulk job
     * @description The items are the body, as a JSON array or as NDJSON (one item per line, read as a stream), or the result of a `query`, without a body. An upload that is interrupted, or contains an invalid item, leaves nothing behind.
     *
     *     Tasks:
     *     - `any`: Whatever the application defines.
     *
     *     Queries:
     *
     *
     *     Requires an operator key.
     */
    post: operations['createBulkJob'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/bulk-jobs/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Read a bulk job and the items that failed */
    get: operations['getBulkJob'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/bulk-jobs/{id}/events': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Follow a bulk job as server-sent events
     * @description Sends `progress` at each change, and one `end`, after which the stream closes. The data of both is the bulk job. Resume with `Last-Event-ID`.
     */
    get: operations['followBulkJob'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/bulk-jobs/{id}/pause': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Pause a bulk job
     * @description Batches in progress finish, and no others begin.
     *
     *     Requires an operator key.
     */
    post: operations['pauseBulkJob'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/bulk-jobs/{id}/resume': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Resume a paused bulk job
     * @description Requires an operator key.
     */
    post: operations['resumeBulkJob'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/bulk-jobs/{id}/cancel': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Cancel a bulk job
     * @description Items that are done stay done; the others are not processed.
     *
     *     Requires an operator key.
     */
    post: operations['cancelBulkJob'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/bulk-jobs/{id}/retry-failed': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Retry the failed items of a bulk job
     * @description Requires an operator key.
     */
    post: operations['retryFailedItems'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/schedules': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * List the schedules
     * @description Ordered by id, with their next and recent runs.
     */
    get: operations['listSchedules'];
    put?: never;
    /**
     * Create a schedule
     * @description Give exactly one of `cron` (five fields), `every` and `calendar`.
     *
     *     Requires an operator key.
     */
    post: operations['createSchedule'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/schedules/preview': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * See when a schedule would run
     * @description Creates nothing.
     */
    post: operations['previewSchedule'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/schedules/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Read a schedule */
    get: operations['getSchedule'];
    put?: never;
    post?: never;
    /**
     * Delete a schedule
     * @description Runs that have started continue.
     *
     *     Requires an operator key.
     */
    delete: operations['deleteSchedule'];
    options?: never;
    head?: never;
    /**
     * Change a schedule
     * @description Omitted fields stay unchanged. A new timing replaces the old one.
     *
     *     Requires an operator key.
     */
    patch: operations['updateSchedule'];
    trace?: never;
  };
  '/api/schedules/{id}/pause': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Pause a schedule
     * @description `note` is the reason, returned as `stateNote`. The schedule keeps its own note.
     *
     *     Requires an operator key.
     */
    post: operations['pauseSchedule'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/schedules/{id}/resume': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Resume a paused schedule
     * @description `note` is the reason, returned as `stateNote`. Without it, `stateNote` becomes null.
     *
     *     Requires an operator key.
     */
    post: operations['resumeSchedule'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/schedules/{id}/trigger': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Start a run of a schedule now
     * @description Works even if the schedule is paused. `overlap` is `allow_all` by default: the run starts immediately. With the other policies, the run may wait for the open run, which `triggered.started` reports, or the trigger is refused if the run would be skipped.
     *
     *     Requires an operator key.
     */
    post: operations['triggerSchedule'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/schedules/{id}/backfill': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Start the runs that were due in a period
     * @description Starts them one after the other, at most a thousand.
     *
     *     Requires an operator key.
     */
    post: operations['backfillSchedule'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/services': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * List the hosted services
     * @description Returns where each service runs, since when, and what it is doing. The figures of a service that runs on every worker are sums.
     */
    get: operations['listServices'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/services/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Read a hosted service */
    get: operations['getService'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/services/{id}/pause': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Pause a hosted service
     * @description Work in progress finishes on all workers; new work waits until the service is resumed.
     *
     *     Requires an operator key.
     */
    post: operations['pauseService'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/services/{id}/resume': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Resume a paused service
     * @description Requires an operator key.
     */
    post: operations['resumeService'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/work-items': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List the work items, newest first */
    get: operations['listWorkItems'];
    put?: never;
    /**
     * Enqueue a work item
     * @description A repeat with the same `dedupeKey` and payload returns the first item with 200.
     *
     *     Requires an operator key.
     */
    post: operations['enqueueWork'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/work-items/summary': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Count the work items by kind */
    get: operations['summariseWork'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/work-items/requeue': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Requeue all dead items of a kind
     * @description Starts a bulk job, whose progress you can follow.
     *
     *     Requires an operator key.
     */
    post: operations['requeueDeadWork'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/work-items/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Read a work item */
    get: operations['getWorkItem'];
    put?: never;
    post?: never;
    /**
     * Delete a pending or dead work item
     * @description Requires an operator key.
     */
    delete: operations['discardWorkItem'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/work-items/{id}/requeue': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Requeue a dead item
     * @description Requires an operator key.
     */
    post: operations['requeueWorkItem'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/emails': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List the emails, newest first */
    get: operations['listEmails'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/emails/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Read the state of an email */
    get: operations['getEmail'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/emails/{id}/requeue': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Requeue a dead email
     * @description The email gets all its attempts again, under the same Message-ID. Emails of jobs cannot be requeued here; their jobs send them.
     *
     *     Requires an operator key.
     */
    post: operations['requeueEmail'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/dead-letters': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List the messages that could not be handled, newest first */
    get: operations['listDeadLetters'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/dead-letters/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Read a dead letter with its body
     * @description The body is what the sender wrote: **it may contain personal data**.
     *
     *     Requires an operator key.
     */
    get: operations['getDeadLetter'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/dead-letters/{id}/requeue': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Publish a dead letter again, unchanged
     * @description Requires an operator key.
     */
    post: operations['requeueDeadLetter'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/dead-letters/{id}/discard': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Discard a dead letter
     * @description Requires an operator key.
     */
    post: operations['discardDeadLetter'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/audit': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * List the audit entries, newest first
     * @description `who` is the id or the name of a key. `what` is an action, a path, or the id of the resource. An entry is written before its action is executed.
     */
    get: operations['listAuditEntries'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/keys': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * List the API keys, newest first
     * @description Revoked and expired keys are listed too. The key of the environment is not in the database.
     */
    get: operations['listApiKeys'];
    put?: never;
    /**
     * Create an API key
     * @description The response contains the key, this once: only its hash is stored. A key cannot allow more than the key that creates it, or for longer.
     *
     *     Requires an operator key.
     */
    post: operations['createApiKey'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/keys/{id}/revoke': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Revoke an API key
     * @description The key, and browser sessions that represent it, are refused within five seconds. A key that is already revoked keeps its time of revocation.
     *
     *     Requires an operator key.
     */
    post: operations['revokeApiKey'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/codec/decode': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Decrypt payloads */
    post: operations['decodePayloads'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/codec/encode': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Encrypt payloads
     * @description Requires an operator key.
     */
    post: operations['encodePayloads'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/queues': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Read which workers poll each task queue, their versions, and what waits
     * @description The task queues are those of the engine. The tables are the queues in the database: starts, emails, work items and messages.
     */
    get: operations['getQueues'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/healthz': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Check that the process responds */
    get: operations['getHealth'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/readyz': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Check that everything that is needed is available
     * @description Ready means that the database and the engine respond, and that a worker polls each task queue.
     */
    get: operations['getReadiness'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Show the state of the whole system
     * @description Shows health, jobs by type and status, failures, schedules, services, queues, workers and bulk jobs. The page refreshes itself. If a component does not respond, its section says so.
     */
    get: operations['openHome'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/dashboard': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Open the Web UI's view of a job or of a list of jobs
     * @description `job` selects one job; `type` and `status` select a list of jobs.
     */
    get: operations['openDashboard'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/openapi.json': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Read this document */
    get: operations['getApiDocument'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/docs': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Browse this document and try it out */
    get: operations['openDocs'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/login': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Sign in with a key
     * @description A browser without a session is redirected here.
     */
    get: operations['openSignIn'];
    put?: never;
    /**
     * Start a session
     * @description Only for the form of the sign-in page.
     */
    post: operations['signIn'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/logout': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** End a session */
    post: operations['signOut'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    /**
     * StartJob
     * @description Whatever the application defines.
     */
    StartJob: {
      type: string;
      input?: {
        [key: string]: unknown;
      };
      /** @description A number and a unit (`ms`, `s`, `m`, `h`, `d` or `w`), such as `90s`, `5m` or `1h`. */
      delay?: string;
      /** Format: date-time */
      startAt?: string;
      /** @description The job to wait for, and the end of that job that starts this one. */
      after?: {
        job: string;
        /**
         * @default completes
         * @enum {string}
         */
        when: 'completes' | 'fails' | 'ends';
      };
      /** @description Like `expiresAt`, relative to the time at which the job may start. */
      expiresIn?: string;
      /**
       * Format: date-time
       * @description The latest time at which the job may start; after it, the start is dropped.
       */
      expiresAt?: string;
      /** @description 1 is taken first, 5 last; 3 by default. */
      priority?: number;
      /** @description Waiting work of different keys is taken in turns. */
      fairness?: {
        /** @description Such as the id of a tenant; at most 64 bytes, and no personal data. */
        key: string;
        /** @description The share of the key in relation to other keys; 1 by default. */
        weight?: number;
      };
      /** @description Replaces the business key in the job's id. */
      dedupeKey?: string;
    };
    BulkItem: {
      [key: string]: unknown;
    };
    Schedule: {
      id: string;
      job: string;
      input: {
        [key: string]: unknown;
      };
      cron?: string;
      every?: string;
      calendar?: components['schemas']['CalendarOutput'];
      timeZone: string;
      jitter: string;
      /** @enum {string} */
      overlap: 'skip' | 'buffer_one' | 'buffer_all' | 'cancel_other' | 'terminate_other' | 'allow_all';
      catchupWindow: string;
      pauseOnFailure: boolean;
      /** @description The purpose of the schedule. */
      note: string;
      /** @description A declared schedule is changed in code, and can be paused and triggered here. Null if the owner can no longer be decrypted. */
      owner: ('declared' | 'api') | null;
      /** @description Whether the input is encrypted with a key that no longer exists: runs fail until the input is replaced. */
      unreadable: boolean;
      paused: boolean;
      /** @description The reason for the last pause or resume, as an operator, the engine or another tool gave it. Null if no reason was given. */
      stateNote: string | null;
      nextRuns: {
        /** Format: date-time */
        utc: string;
        /** @description In the schedule's time zone; in UTC if Node.js does not know that time zone. */
        local: string;
      }[];
      /** @description Newest first, at most ten. */
      recentRuns: {
        jobId: string;
        /** Format: date-time */
        scheduledAt: string;
        /** Format: date-time */
        startedAt: string;
        /** @enum {string} */
        outcome: 'running' | 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timed_out' | 'unknown';
        links: {
          job: string;
        };
      }[];
      /** @description Since the schedule was created. */
      counts: {
        started: number;
        missedCatchupWindow: number;
        skippedForOverlap: number;
        /** @description Runs that were due and never started, contrary to the policy: beyond the catch-up window, dropped because too many were waiting, or skipped although the policy is not `skip`. */
        lost: number;
      };
      /** Format: date-time */
      createdAt: string;
      warnings: components['schemas']['ScheduleWarning'][];
      links: {
        self: string;
        ui: string;
      };
    };
    /** @description Omitted fields are 0 for the time of day, and match any day. Sunday is 0. */
    Calendar: {
      second?:
        | '*'
        | (
            | number
            | {
                from: number;
                to: number;
                /** @default 1 */
                step: number;
              }
          )
        | (
            | number
            | {
                from: number;
                to: number;
                /** @default 1 */
                step: number;
              }
          )[];
      minute?:
        | '*'
        | (
            | number
            | {
                from: number;
                to: number;
                /** @default 1 */
                step: number;
              }
          )
        | (
            | number
            | {
                from: number;
                to: number;
                /** @default 1 */
                step: number;
              }
          )[];
      hour?:
        | '*'
        | (
            | number
            | {
                from: number;
                to: number;
                /** @default 1 */
                step: number;
              }
          )
        | (
            | number
            | {
                from: number;
                to: number;
                /** @default 1 */
                step: number;
              }
          )[];
      dayOfMonth?:
        | '*'
        | (
            | number
            | {
                from: number;
                to: number;
                /** @default 1 */
                step: number;
              }
          )
        | (
            | number
            | {
                from: number;
                to: number;
                /** @default 1 */
                step: number;
              }
          )[];
      month?:
        | '*'
        | (
            | number
            | {
                from: number;
                to: number;
                /** @default 1 */
                step: number;
              }
          )
        | (
            | number
            | {
                from: number;
                to: number;
                /** @default 1 */
                step: number;
              }
          )[];
      dayOfWeek?:
        | '*'
        | (
            | number
            | {
                from: number;
                to: number;
                /** @default 1 */
                step: number;
              }
          )
        | (
            | number
            | {
                from: number;
                to: number;
                /** @default 1 */
                step: number;
              }
          )[];
    };
    /**
     * any
     * @description Whatever the application defines.
     */
    EnqueueWork: {
      kind: string;
      payload: {
        [key: string]: unknown;
      };
      dedupeKey?: string;
      /** @description 1 is taken first, 5 last; 3 by default. */
      priority?: number;
      /** @description Waiting work of different keys is taken in turns. */
      fairness?: {
        /** @description Such as the id of a tenant; at most 64 bytes, and no personal data. */
        key: string;
        /** @description The share of the key in relation to other keys; 1 by default. */
        weight?: number;
      };
      /** Format: date-time */
      notBefore?: string;
    };
    /** @description The protobuf JSON form of `temporal.api.common.v1.Payloads`. */
    Payloads: {
      payloads?: {
        metadata?: {
          [key: string]: string;
        };
        data?: string;
      }[];
    };
    JobPage: {
      items: components['schemas']['ListedJob'][];
      /** @description Pass it as `cursor` to get the next page; null on the last page. */
      nextCursor: string | null;
      /**
       * Format: date-time
       * @description The time up to which the list is complete. The list lags slightly behind the jobs themselves.
       */
      asOf: string;
    };
    ListedJob: {
      id: string;
      runId: string | null;
      /** @description Identifies the start of a job that is not made yet, and has no run; null for a run. */
      startId: number | null;
      type: string;
      businessKey: string | null;
      /**
       * @description The current status of the job.
       * @enum {string}
       */
      status:
        | 'scheduled'
        | 'running'
        | 'waiting'
        | 'retrying'
        | 'paused'
        | 'completed'
        | 'failed'
        | 'cancelled'
        | 'terminated';
      /** Format: date-time */
      createdAt: string;
      /** @description When a `scheduled` job starts. */
      startsAt: string | null;
      closedAt: string | null;
      failure: components['schemas']['Failure'] | null;
      /** @description The error of the last attempt of a `retrying` job. */
      lastError: components['schemas']['Failure'] | null;
      links: {
        self: string;
        ui: string | null;
      };
    };
    /** @description The error: a code for programs and a sentence for people. */
    Failure: {
      code: string;
      message: string;
    };
    Job: {
      /** @description `<job type in kebab-case>:<business key>` */
      id: string;
      /** @description The id of this run; null until the engine has started it. */
      runId: string | null;
      type: string;
      businessKey: string | null;
      /**
       * @description `scheduled`: before its start; `waiting`: for a timer or a message; `retrying`: between two attempts; `paused`: by an operator.
       * @enum {string}
       */
      status:
        | 'scheduled'
        | 'running'
        | 'waiting'
        | 'retrying'
        | 'paused'
        | 'completed'
        | 'failed'
        | 'cancelled'
        | 'terminated';
      /** Format: date-time */
      createdAt: string;
      closedAt: string | null;
      /** @description When cancellation of the job, or of the activity that it runs, was requested; null if no cancellation is in progress. */
      cancelRequestedAt: string | null;
      /** @description From 1, which is taken first, to 5. */
      priority: number;
      /** @description The key with which it takes turns, and its weight; null if it has none. */
      fairness: {
        key: string;
        weight: number;
      } | null;
      attempts: {
        activity: string;
        number: number;
        /** @description Null if the attempt was lost with its worker. */
        startedAt: string | null;
        endedAt: string | null;
        error: components['schemas']['Failure'] | null;
      }[];
      /** @description The earliest times of the next attempts, none of them in the past. */
      plannedAttempts: string[];
      /** @description The latest time at which the job gives up or stops waiting; null if it has no time limit. */
      deadline: string | null;
      /** @description What the job last reported while it runs; null if it reported nothing. */
      progress: unknown;
      /** @description The result that the job returned; null until it has completed. */
      result: unknown;
      failure: components['schemas']['Failure'] | null;
      links: {
        self: string;
        /** @description The same run in the Web UI. */
        ui: string | null;
        /** @description The run that this run retries. */
        retryOf: string | null;
        /** @description The run that retries this run. */
        retriedBy: string | null;
        /** @description The job or group of jobs that must end before this job starts. */
        waitsFor: string | null;
        /** @description The job that runs in its place, because a later start of its key replaced its start. */
        replacedBy: string | null;
      };
      /** @description The committed starts of the job with the outcome of each: newest first, at most ten, for as long as the outbox keeps them. */
      starts: components['schemas']['JobStart'][];
    };
    JobStart: {
      /** Format: date-time */
      acceptedAt: string;
      /** @description The requested time; null to start at once. */
      startAt: string | null;
      /** @description The job does not start after this time; null if the start never expires. */
      expiresAt: string | null;
      /**
       * @description `pending` until the engine has the start, `waiting` for an open run to end, `started` as the run `runId`, `delivered` to that run as a message, not made because the job `exists` with that run, `withdrawn` before it was made, `dead` because it cannot be made, `discarded` after that, not made because it had `expired`, `held` until the jobs that it waits for have ended, `skipped` because they ended otherwise, or `replaced` by another start of its key, because the job is debounced or its concurrency keeps one start.
       * @enum {string}
       */
      outcome:
        | 'pending'
        | 'waiting'
        | 'started'
        | 'delivered'
        | 'exists'
        | 'withdrawn'
        | 'dead'
        | 'discarded'
        | 'expired'
        | 'skipped'
        | 'replaced'
        | 'held';
      runId: string | null;
    };
    JobResult: {
      /** @description `<job type in kebab-case>:<business key>` */
      id: string;
      /** @description The id of this run; null until the engine has started it. */
      runId: string | null;
      type: string;
      /**
       * @description `scheduled`: before its start; `waiting`: for a timer or a message; `retrying`: between two attempts; `paused`: by an operator.
       * @enum {string}
       */
      status:
        | 'scheduled'
        | 'running'
        | 'waiting'
        | 'retrying'
        | 'paused'
        | 'completed'
        | 'failed'
        | 'cancelled'
        | 'terminated';
      closedAt: string | null;
      /** @description The result that the job returned; null until it has completed. */
      result: unknown;
      failure: components['schemas']['Failure'] | null;
      links: {
        job: string;
      };
    };
    Why: {
      /** @enum {string} */
      code:
        | 'starting'
        | 'start_dead'
        | 'start_expired'
        | 'start_skipped'
        | 'start_replaced'
        | 'waiting_for_job'
        | 'waiting_for_group'
        | 'waiting_for_slot'
        | 'waiting_for_throttle'
        | 'waiting_for_earlier_start'
        | 'waiting_for_quiet'
        | 'engine_away'
        | 'scheduled'
        | 'running'
        | 'queued'
        | 'no_worker'
        | 'retrying'
        | 'worker_lost'
        | 'attempt_timed_out'
        | 'waiting_for_time'
        | 'waiting_for_child'
        | 'waiting_for_message'
        | 'paused'
        | 'cancelling'
        | 'cancelling_activity'
        | 'code_does_not_replay'
        | 'code_fails'
        | 'completed'
        | 'failed'
        | 'timed_out'
        | 'cancelled'
        | 'terminated';
      /** @description The same information for people. */
      sentence: string;
      /** Format: date-time */
      since?: string;
      activity?: string;
      attempt?: number;
      /** @description The maximum number of attempts; missing if it is unlimited. */
      of?: number;
      error?: components['schemas']['Failure'];
      /**
       * Format: date-time
       * @description When the job continues automatically.
       */
      nextAt?: string;
      /**
       * Format: date-time
       * @description The time until which the job waits.
       */
      until?: string;
      queue?: string;
      /** @description From 1, which is taken first, to 5. */
      priority?: number;
      /** @description The key with which it takes turns, and its weight; null if it has none. */
      fairness?: {
        key: string;
        weight: number;
      } | null;
      worker?: string;
      /** @description The identity of the caller, as recorded by the engine. */
      by?: string;
      reason?: string;
      /** @description The limit at which it waits, its key, and how many slots are held. */
      limit?: {
        /** @enum {string} */
        kind: 'concurrency' | 'throttle';
        key: string | null;
        held: number;
      };
      /** @description The key that is to be quiet before it starts, and how many earlier starts it has replaced. */
      debounce?: {
        key: string;
        replaced: number;
      };
      child?: string;
      /** @description What it last reported of its progress. */
      progress?: unknown;
      outcome?: string;
      actions: {
        does: string;
        /** @enum {string} */
        method?: 'POST' | 'PUT' | 'DELETE';
        path?: string;
        body?: {
          [key: string]: unknown;
        };
      }[];
    };
    Timeline: {
      id: string;
      runId: string;
      type: string;
      /**
       * @description `scheduled`: before its start; `waiting`: for a timer or a message; `retrying`: between two attempts; `paused`: by an operator.
       * @enum {string}
       */
      status:
        | 'scheduled'
        | 'running'
        | 'waiting'
        | 'retrying'
        | 'paused'
        | 'completed'
        | 'failed'
        | 'cancelled'
        | 'terminated';
      /** Format: date-time */
      from: string;
      /** @description When the job ended; null while it is open. */
      to: string | null;
      why: components['schemas']['Why'];
      steps: {
        /** @enum {string} */
        kind:
          | 'accepted'
          | 'started'
          | 'attempt'
          | 'retry-wait'
          | 'wait'
          | 'message'
          | 'child'
          | 'effect'
          | 'trouble'
          | 'end';
        /** Format: date-time */
        at: string;
        /** @description Null while the step is in progress. */
        until: string | null;
        durationMs: number | null;
        text: string;
        activity?: string;
        attempt?: number;
        error?: components['schemas']['Failure'];
      }[];
      /** @description Says what is omitted, if anything is. */
      note: string | null;
      links: {
        job: string;
        previousRun: string | null;
        nextRun: string | null;
      };
    };
    BatchDryRun: {
      /** @constant */
      dryRun: true;
      total: number;
      /** @description The first ten jobs that match the query, or all jobs of `jobs`. */
      jobs: {
        id: string;
        runId: string | null;
        /** @description Of a job whose start is not made yet. */
        startId: number | null;
        type: string;
        /** @description Why the action on a job of `jobs` would be refused; null if it would not. */
        refusal: {
          code: string;
          message: string;
        } | null;
      }[];
      /** @description The number of starts that also match `query`, but are not made yet: a query finds runs alone. Name these starts in `jobs` to act on them. Zero for `jobs`. */
      unmadeStarts: number;
      /**
       * Format: date-time
       * @description The time up to which the list of jobs is complete.
       */
      asOf: string;
    };
    Batch: {
      /** @description The bulk job that acts on the jobs; null if none matched. */
      id: string | null;
      jobId: string | null;
      total: number;
      /** @description The number of starts that also match `query`, but are not made yet: a query finds runs alone. Name these starts in `jobs` to act on them. Zero for `jobs`. */
      unmadeStarts: number;
      links: {
        bulkJob: string | null;
        events: string | null;
      };
    };
    ActedOnJob: {
      /** @description `<job type in kebab-case>:<business key>` */
      id: string;
      /** @description The id of this run; null until the engine has started it. */
      runId: string | null;
      type: string;
      businessKey: string | null;
      /**
       * @description `scheduled`: before its start; `waiting`: for a timer or a message; `retrying`: between two attempts; `paused`: by an operator.
       * @enum {string}
       */
      status:
        | 'scheduled'
        | 'running'
        | 'waiting'
        | 'retrying'
        | 'paused'
        | 'completed'
        | 'failed'
        | 'cancelled'
        | 'terminated';
      /** Format: date-time */
      createdAt: string;
      closedAt: string | null;
      /** @description When cancellation of the job, or of the activity that it runs, was requested; null if no cancellation is in progress. */
      cancelRequestedAt: string | null;
      /** @description From 1, which is taken first, to 5. */
      priority: number;
      /** @description The key with which it takes turns, and its weight; null if it has none. */
      fairness: {
        key: string;
        weight: number;
      } | null;
      attempts: {
        activity: string;
        number: number;
        /** @description Null if the attempt was lost with its worker. */
        startedAt: string | null;
        endedAt: string | null;
        error: components['schemas']['Failure'] | null;
      }[];
      /** @description The earliest times of the next attempts, none of them in the past. */
      plannedAttempts: string[];
      /** @description The latest time at which the job gives up or stops waiting; null if it has no time limit. */
      deadline: string | null;
      /** @description What the job last reported while it runs; null if it reported nothing. */
      progress: unknown;
      /** @description The result that the job returned; null until it has completed. */
      result: unknown;
      failure: components['schemas']['Failure'] | null;
      links: {
        self: string;
        /** @description The same run in the Web UI. */
        ui: string | null;
        /** @description The run that this run retries. */
        retryOf: string | null;
        /** @description The run that retries this run. */
        retriedBy: string | null;
        /** @description The job or group of jobs that must end before this job starts. */
        waitsFor: string | null;
        /** @description The job that runs in its place, because a later start of its key replaced its start. */
        replacedBy: string | null;
      };
      /** @description The committed starts of the job with the outcome of each: newest first, at most ten, for as long as the outbox keeps them. */
      starts: components['schemas']['JobStart'][];
      action: {
        /** @enum {string} */
        name: 'cancel' | 'terminate' | 'retry' | 'pause' | 'resume' | 'reschedule';
        /** @description What was done, in a sentence for people. */
        did: string;
      };
    };
    DeadStart: {
      id: string;
      /** @enum {string} */
      status: 'dead' | 'requeued' | 'discarded';
      jobType: string;
      /** @description Null if SQL committed the start and its input was never accepted. */
      jobId: string | null;
      input: {
        [key: string]: unknown;
      } | null;
      dedupeKey: string | null;
      /** @description The requested time; null to start at once. */
      startAt: string | null;
      /** @description The id of the request that committed the start. */
      requestId: string | null;
      reason: components['schemas']['Failure'];
      attempts: number;
      /** Format: date-time */
      acceptedAt: string;
      /** Format: date-time */
      deadSince: string;
      discardReason: string | null;
      /** @description Names of the fields that are null because they are too long: JSON of more than 16 KiB in a list, and anything of more than 1 MiB elsewhere. */
      omitted: string[];
      links: {
        self: string;
        job: string | null;
      };
    };
    JobGroupPage: {
      items: {
        id: string;
        /**
         * @description `open` while it takes more jobs, `running` until all of them have ended, `completed` once the job that completes it was released.
         * @enum {string}
         */
        state: 'open' | 'running' | 'completed';
        /** Format: date-time */
        createdAt: string;
        closedAt: string | null;
        completedAt: string | null;
        counts: {
          total: number;
          /** @description Jobs that have not ended. */
          pending: number;
          completed: number;
          failed: number;
          cancelled: number;
          terminated: number;
          /** @description Jobs whose start was cancelled, dead, expired or skipped. */
          notStarted: number;
          /** @description Jobs that ended too long ago for the engine to know how. */
          unknown: number;
        };
        links: {
          self: string;
        };
      }[];
      /** @description Pass it as `cursor` to get the next page; null on the last page. */
      nextCursor: string | null;
    };
    JobGroup: {
      id: string;
      /**
       * @description `open` while it takes more jobs, `running` until all of them have ended, `completed` once the job that completes it was released.
       * @enum {string}
       */
      state: 'open' | 'running' | 'completed';
      /** Format: date-time */
      createdAt: string;
      closedAt: string | null;
      completedAt: string | null;
      counts: {
        total: number;
        /** @description Jobs that have not ended. */
        pending: number;
        completed: number;
        failed: number;
        cancelled: number;
        terminated: number;
        /** @description Jobs whose start was cancelled, dead, expired or skipped. */
        notStarted: number;
        /** @description Jobs that ended too long ago for the engine to know how. */
        unknown: number;
      };
      links: {
        self: string;
        completion: string | null;
      };
      /** @description The job that starts when all others have ended; null while the group is open. */
      completion: {
        type: string;
        /** @description Null until its start has been checked. */
        jobId: string | null;
      } | null;
      /** @description Its jobs, in the order in which they were added. */
      jobs: {
        items: {
          /** @description Null until its start has been checked. */
          jobId: string | null;
          /** @description Null until it has ended. */
          end: ('completed' | 'failed' | 'cancelled' | 'terminated' | 'not_started' | 'unknown') | null;
          endedAt: string | null;
          links: {
            job: string | null;
          };
        }[];
        /** @description Pass it as `cursor` to get the next page; null on the last page. */
        nextCursor: string | null;
      };
    };
    BulkJob: {
      /** Format: uuid */
      id: string;
      jobId: string;
      task: string;
      /** @description The query that found the items; null if they were uploaded. */
      query: string | null;
      /** @enum {string} */
      status: 'queued' | 'running' | 'paused' | 'completed' | 'cancelled';
      counts: {
        total: number;
        done: number;
        failed: number;
        pending: number;
      };
      /** @description Items per second since the job last started or resumed; null if there is too little data. */
      rate: number | null;
      estimatedEndAt: string | null;
      /** Format: date-time */
      createdAt: string;
      startedAt: string | null;
      endedAt: string | null;
      links: {
        self: string;
        events: string;
        job: string;
      };
    };
    BulkJobWithFailedItems: {
      /** Format: uuid */
      id: string;
      jobId: string;
      task: string;
      /** @description The query that found the items; null if they were uploaded. */
      query: string | null;
      /** @enum {string} */
      status: 'queued' | 'running' | 'paused' | 'completed' | 'cancelled';
      counts: {
        total: number;
        done: number;
        failed: number;
        pending: number;
      };
      /** @description Items per second since the job last started or resumed; null if there is too little data. */
      rate: number | null;
      estimatedEndAt: string | null;
      /** Format: date-time */
      createdAt: string;
      startedAt: string | null;
      endedAt: string | null;
      links: {
        self: string;
        events: string;
        job: string;
      };
      failedItems: {
        items: {
          position: number;
          /** @description The item as it was submitted. */
          item: unknown;
          /** @description Names of the fields that are null because they are too long: JSON of more than 16 KiB in a list, and anything of more than 1 MiB elsewhere. */
          omitted: string[];
          attempts: number;
          error: components['schemas']['Failure'];
        }[];
        /** @description Pass it as `cursor` to get the next page; null on the last page. */
        nextCursor: string | null;
      };
    };
    BulkJobRetried: {
      /** Format: uuid */
      id: string;
      jobId: string;
      task: string;
      /** @description The query that found the items; null if they were uploaded. */
      query: string | null;
      /** @enum {string} */
      status: 'queued' | 'running' | 'paused' | 'completed' | 'cancelled';
      counts: {
        total: number;
        done: number;
        failed: number;
        pending: number;
      };
      /** @description Items per second since the job last started or resumed; null if there is too little data. */
      rate: number | null;
      estimatedEndAt: string | null;
      /** Format: date-time */
      createdAt: string;
      startedAt: string | null;
      endedAt: string | null;
      links: {
        self: string;
        events: string;
        job: string;
      };
      retried: number;
    };
    /** @description A warning for the author of the schedule. */
    ScheduleWarning: {
      /** @enum {string} */
      code:
        | 'dst_gap'
        | 'dst_fold'
        | 'day_of_month_and_week'
        | 'short_months'
        | 'uneven_step'
        | 'interval_drifts'
        | 'short_catchup_window'
        | 'no_runs'
        | 'unknown_time_zone';
      message: string;
    };
    TriggeredSchedule: {
      id: string;
      job: string;
      input: {
        [key: string]: unknown;
      };
      cron?: string;
      every?: string;
      calendar?: components['schemas']['CalendarOutput'];
      timeZone: string;
      jitter: string;
      /** @enum {string} */
      overlap: 'skip' | 'buffer_one' | 'buffer_all' | 'cancel_other' | 'terminate_other' | 'allow_all';
      catchupWindow: string;
      pauseOnFailure: boolean;
      /** @description The purpose of the schedule. */
      note: string;
      /** @description A declared schedule is changed in code, and can be paused and triggered here. Null if the owner can no longer be decrypted. */
      owner: ('declared' | 'api') | null;
      /** @description Whether the input is encrypted with a key that no longer exists: runs fail until the input is replaced. */
      unreadable: boolean;
      paused: boolean;
      /** @description The reason for the last pause or resume, as an operator, the engine or another tool gave it. Null if no reason was given. */
      stateNote: string | null;
      nextRuns: {
        /** Format: date-time */
        utc: string;
        /** @description In the schedule's time zone; in UTC if Node.js does not know that time zone. */
        local: string;
      }[];
      /** @description Newest first, at most ten. */
      recentRuns: {
        jobId: string;
        /** Format: date-time */
        scheduledAt: string;
        /** Format: date-time */
        startedAt: string;
        /** @enum {string} */
        outcome: 'running' | 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timed_out' | 'unknown';
        links: {
          job: string;
        };
      }[];
      /** @description Since the schedule was created. */
      counts: {
        started: number;
        missedCatchupWindow: number;
        skippedForOverlap: number;
        /** @description Runs that were due and never started, contrary to the policy: beyond the catch-up window, dropped because too many were waiting, or skipped although the policy is not `skip`. */
        lost: number;
      };
      /** Format: date-time */
      createdAt: string;
      warnings: components['schemas']['ScheduleWarning'][];
      links: {
        self: string;
        ui: string;
      };
      triggered: {
        jobId: string;
        /** @description Null while the run is waiting. */
        runId: string | null;
        /** @description False if the run is waiting for the open run; it starts automatically after that. */
        started: boolean;
      };
    };
    HostedService: {
      id: string;
      jobId: string;
      description: string;
      /** @enum {string} */
      state: 'running' | 'paused' | 'waiting_for_worker';
      /** @description Whether the service is working, rather than waiting for work. */
      busy: boolean;
      /** @description The worker that runs it, or ran it last. */
      worker: string | null;
      /** @description The workers of a service that runs on every worker; empty for one that runs on one. */
      workers: {
        worker: string;
        /** Format: date-time */
        since: string;
        busy: boolean;
        /** @description Units of work since then. */
        processed: number;
        failed: number;
        lastActivityAt: string | null;
        lastError: {
          message: string;
          /** Format: date-time */
          at: string;
        } | null;
      }[];
      since: string | null;
      /** @description Units of work since the service was created. */
      processed: number;
      failed: number;
      lastActivityAt: string | null;
      lastError: {
        message: string;
        /** Format: date-time */
        at: string;
      } | null;
      pausedAt: string | null;
      links: {
        self: string;
        job: string;
        ui: string;
      };
    };
    WorkItem: {
      /** Format: uuid */
      id: string;
      kind: string;
      payload: unknown;
      /** @enum {string} */
      status: 'pending' | 'running' | 'completed' | 'dead';
      attempts: number;
      retryCount: number;
      /** @description Null if this release does not know the kind. */
      maximumAttempts: number | null;
      /** Format: date-time */
      notBefore: string;
      /** @description While the item is running: the time at which it becomes due again if its worker has died. */
      leaseExpiresAt: string | null;
      lastError: {
        code: string;
        message: string;
        at: string | null;
      } | null;
      dedupeKey: string | null;
      /** @description From 1, which is taken first, to 5. */
      priority: number;
      /** @description The key with which it takes turns, and its weight; null if it has none. */
      fairness: {
        key: string;
        weight: number;
      } | null;
      result: unknown;
      /** @description Names of the fields that are null because they are too long: JSON of more than 16 KiB in a list, and anything of more than 1 MiB elsewhere. */
      omitted: string[];
      /** Format: date-time */
      createdAt: string;
      startedAt: string | null;
      endedAt: string | null;
      links: {
        self: string;
      };
    };
    WorkBacklog: {
      kind: string;
      /** @description False if this release has no handler for the kind. */
      known: boolean;
      pending: number;
      running: number;
      dead: number;
      /** @description Items that can be claimed now. */
      due: number;
      oldestDueAgeMs: number | null;
    };
    Email: {
      /** Format: uuid */
      id: string;
      template: string;
      /**
       * @description `withdrawn`: not sent, because its content was no longer true.
       * @enum {string}
       */
      status: 'pending' | 'sent' | 'dead' | 'withdrawn';
      /**
       * @description The sender: the job that wrote the email, or the service pending-emails.
       * @enum {string}
       */
      sender: 'job' | 'service';
      /** @description The first character and the domain of the address. */
      recipient: string;
      userId: string | null;
      /** @description Null if the row has no Message-ID that can be sent. */
      messageId: string | null;
      attempts: number;
      lastError: string | null;
      /** Format: date-time */
      createdAt: string;
      /** @description The earliest time of the next attempt by the service; null for emails of jobs. */
      nextAttemptAt: string | null;
      sentAt: string | null;
      links: {
        self: string;
      };
    };
    DeadLetterInList: {
      /** Format: uuid */
      id: string;
      queue: string;
      /** @enum {string} */
      status: 'open' | 'requeued' | 'discarded';
      reason: components['schemas']['Failure'];
      messageId: string | null;
      correlationId: string | null;
      contentType: string | null;
      /** @description Application properties of the message. */
      properties: {
        [key: string]: string | number | boolean;
      } | null;
      /** @description How often the same message arrived while this dead letter was open. */
      times: number;
      /** Format: date-time */
      firstSeenAt: string;
      /** Format: date-time */
      lastSeenAt: string;
      resolvedAt: string | null;
      discardReason: string | null;
      /** @description Names of the fields that are null because they are too long: JSON of more than 16 KiB in a list, and anything of more than 1 MiB elsewhere. */
      omitted: string[];
      links: {
        self: string;
      };
      /** @description The size of the body. */
      bytes: number;
    };
    DeadLetterWithBody: {
      /** Format: uuid */
      id: string;
      queue: string;
      /** @enum {string} */
      status: 'open' | 'requeued' | 'discarded';
      reason: components['schemas']['Failure'];
      messageId: string | null;
      correlationId: string | null;
      contentType: string | null;
      /** @description Application properties of the message. */
      properties: {
        [key: string]: string | number | boolean;
      } | null;
      /** @description How often the same message arrived while this dead letter was open. */
      times: number;
      /** Format: date-time */
      firstSeenAt: string;
      /** Format: date-time */
      lastSeenAt: string;
      resolvedAt: string | null;
      discardReason: string | null;
      /** @description Names of the fields that are null because they are too long: JSON of more than 16 KiB in a list, and anything of more than 1 MiB elsewhere. */
      omitted: string[];
      links: {
        self: string;
      };
      body: {
        /** @enum {string} */
        encoding: 'utf8' | 'base64';
        content: string;
      } | null;
    };
    DeadLetter: {
      /** Format: uuid */
      id: string;
      queue: string;
      /** @enum {string} */
      status: 'open' | 'requeued' | 'discarded';
      reason: components['schemas']['Failure'];
      messageId: string | null;
      correlationId: string | null;
      contentType: string | null;
      /** @description Application properties of the message. */
      properties: {
        [key: string]: string | number | boolean;
      } | null;
      /** @description How often the same message arrived while this dead letter was open. */
      times: number;
      /** Format: date-time */
      firstSeenAt: string;
      /** Format: date-time */
      lastSeenAt: string;
      resolvedAt: string | null;
      discardReason: string | null;
      /** @description Names of the fields that are null because they are too long: JSON of more than 16 KiB in a list, and anything of more than 1 MiB elsewhere. */
      omitted: string[];
      links: {
        self: string;
      };
    };
    AuditEntry: {
      /** Format: uuid */
      id: string;
      /** Format: date-time */
      at: string;
      who: {
        id: string;
        name: string;
      };
      /** @description The method and route, or a command. */
      action: string | null;
      /** @description The requested path. */
      target: string;
      params: {
        [key: string]: string;
      };
      reason: string | null;
      /**
       * @description `unknown`: in progress, or its process died.
       * @enum {string}
       */
      outcome: 'done' | 'refused' | 'failed' | 'unknown';
      status: number | null;
      code: string | null;
      endedAt: string | null;
      requestId: string | null;
    };
    ApiKey: {
      id: string;
      name: string;
      /** @enum {string} */
      role: 'viewer' | 'operator';
      /** @enum {string} */
      state: 'valid' | 'expired' | 'revoked';
      /** Format: date-time */
      createdAt: string;
      /** @description Accurate to a minute; null if the key was never used. */
      lastUsedAt: string | null;
      /** @description Null if the key does not expire. */
      expiresAt: string | null;
      revokedAt: string | null;
      links: {
        audit: string;
      };
    };
    NewApiKey: {
      id: string;
      name: string;
      /** @enum {string} */
      role: 'viewer' | 'operator';
      /** @enum {string} */
      state: 'valid' | 'expired' | 'revoked';
      /** Format: date-time */
      createdAt: string;
      /** @description Accurate to a minute; null if the key was never used. */
      lastUsedAt: string | null;
      /** @description Null if the key does not expire. */
      expiresAt: string | null;
      revokedAt: string | null;
      links: {
        audit: string;
      };
      /** @description The key itself, which is not shown again. */
      key: string;
    };
    Queues: {
      taskQueues: {
        queue: string;
        /** @enum {string} */
        kind: 'workflow' | 'activity';
        /** @description Tasks that wait for a worker, approximately. */
        waiting: number;
        workers: {
          worker: string;
          /** @description Its build id, if it is versioned. */
          version: string | null;
          /** @description False for a worker that the engine has not seen for 75 s. */
          polling: boolean;
          lastSeenAt: string | null;
        }[];
      }[];
      tables: {
        queue: string;
        waiting: number;
        /** @description Since when the oldest entry has been waiting. */
        oldestAt: string | null;
      }[];
      /** @description The versions of the workers, newest first; empty if they have none, and null if they cannot be read at present. */
      deployments:
        | {
            name: string;
            versions: {
              buildId: string;
              /**
               * @description New jobs start on the current version, and on the ramping one as far as its percentage says. Pinned jobs still run on a draining one, and none on a drained one. An inactive one has not had jobs yet.
               * @enum {string}
               */
              state: 'current' | 'ramping' | 'draining' | 'drained' | 'inactive';
              rampPercent: number | null;
              createdAt: string | null;
              drainedAt: string | null;
              /** @description Open jobs that stay on it. */
              pinnedJobs: number;
              /** @description Open jobs whose last step ran on it, and that move to the current version. */
              movingJobs: number;
            }[];
          }[]
        | null;
    };
    Readiness: {
      ready: boolean;
      /** @description The results by check: `database`, `engine`, `taskQueue:jobs` and so on. */
      checks: {
        [key: string]:
          | {
              /** @constant */
              ok: true;
            }
          | {
              /** @constant */
              ok: false;
              /** @enum {string} */
              reason: 'timeout' | 'unreachable' | 'not_polled' | 'not_running';
            };
      };
    };
    /** @description Omitted fields are 0 for the time of day, and match any day. Sunday is 0. */
    CalendarOutput: {
      second?:
        | '*'
        | (
            | number
            | {
                from: number;
                to: number;
                /** @default 1 */
                step: number;
              }
          )
        | (
            | number
            | {
                from: number;
                to: number;
                /** @default 1 */
                step: number;
              }
          )[];
      minute?:
        | '*'
        | (
            | number
            | {
                from: number;
                to: number;
                /** @default 1 */
                step: number;
              }
          )
        | (
            | number
            | {
                from: number;
                to: number;
                /** @default 1 */
                step: number;
              }
          )[];
      hour?:
        | '*'
        | (
            | number
            | {
                from: number;
                to: number;
                /** @default 1 */
                step: number;
              }
          )
        | (
            | number
            | {
                from: number;
                to: number;
                /** @default 1 */
                step: number;
              }
          )[];
      dayOfMonth?:
        | '*'
        | (
            | number
            | {
                from: number;
                to: number;
                /** @default 1 */
                step: number;
              }
          )
        | (
            | number
            | {
                from: number;
                to: number;
                /** @default 1 */
                step: number;
              }
          )[];
      month?:
        | '*'
        | (
            | number
            | {
                from: number;
                to: number;
                /** @default 1 */
                step: number;
              }
          )
        | (
            | number
            | {
                from: number;
                to: number;
                /** @default 1 */
                step: number;
              }
          )[];
      dayOfWeek?:
        | '*'
        | (
            | number
            | {
                from: number;
                to: number;
                /** @default 1 */
                step: number;
              }
          )
        | (
            | number
            | {
                from: number;
                to: number;
                /** @default 1 */
                step: number;
              }
          )[];
    };
    /** @description The protobuf JSON form of `temporal.api.common.v1.Payloads`. */
    PayloadsOutput: {
      payloads?: {
        metadata?: {
          [key: string]: string;
        };
        data?: string;
      }[];
    };
    /** @description An error as defined by RFC 9457. */
    Problem: {
      type: string;
      title: string;
      status: number;
      detail: string;
      /** @description The requested path. */
      instance: string;
      /** @description A stable code for programs. */
      code: string;
      /** @description Identifies the request in the logs. */
      requestId: string;
      /** @description Every invalid field, if the request is not valid. */
      errors?: {
        /** @description The invalid field: a JSON path such as `items[0].quantity`, a query parameter or a header. */
        path: string;
        message: string;
      }[];
    };
  };
  responses: {
    /** @description `validation_failed`: The request is not valid. `invalid_json`: The body is not valid JSON. */
    ValidationFailedOrInvalidJson: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {unknown} */
          code?: 'validation_failed' | 'invalid_json';
        };
      };
    };
    /** @description `unauthorized`: An API key is required. */
    Unauthorized: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {unknown} */
          code?: 'unauthorized';
        };
      };
    };
    /** @description `forbidden`: The key does not allow this request. `cross_origin_request`: The request comes from another site. */
    ForbiddenOrCrossOriginRequest: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {unknown} */
          code?: 'forbidden' | 'cross_origin_request';
        };
      };
    };
    /** @description `upload_stalled`: The request body stalled. */
    UploadStalled: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {unknown} */
          code?: 'upload_stalled';
        };
      };
    };
    /** @description `payload_too_large`: The body is too large. */
    PayloadTooLarge: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {unknown} */
          code?: 'payload_too_large';
        };
      };
    };
    /** @description `unsupported_media_type`: The body must be application/json. */
    UnsupportedMediaType: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {unknown} */
          code?: 'unsupported_media_type';
        };
      };
    };
    /** @description `misdirected_request`: The request is for another host. */
    MisdirectedRequest: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {unknown} */
          code?: 'misdirected_request';
        };
      };
    };
    /** @description `too_many_requests`: Too many requests. */
    TooManyRequests: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {unknown} */
          code?: 'too_many_requests';
        };
      };
    };
    /** @description `headers_too_large`: The request line or the headers are too large. */
    HeadersTooLarge: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {unknown} */
          code?: 'headers_too_large';
        };
      };
    };
    /** @description `internal_error`: Something went wrong. */
    InternalError: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {unknown} */
          code?: 'internal_error';
        };
      };
    };
    /** @description `database_unavailable`: The database cannot be reached. */
    DatabaseUnavailable: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {unknown} */
          code?: 'database_unavailable';
        };
      };
    };
    /** @description `validation_failed`: The request is not valid. */
    ValidationFailed: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {unknown} */
          code?: 'validation_failed';
        };
      };
    };
    /** @description `engine_unavailable`: The job engine cannot be reached. `database_unavailable`: The database cannot be reached. */
    EngineUnavailableOrDatabaseUnavailable: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {unknown} */
          code?: 'engine_unavailable' | 'database_unavailable';
        };
      };
    };
    /** @description `not_found`: The resource does not exist. */
    NotFound: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          code?: unknown;
        };
      };
    };
    /** @description `job_not_cancellable`: The job cannot be cancelled. `job_closed`: The job has already ended. */
    JobNotCancellableOrJobClosed: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {unknown} */
          code?: 'job_not_cancellable' | 'job_closed';
        };
      };
    };
    /** @description `not_acceptable`: None of the accepted media types is available. */
    NotAcceptable: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {unknown} */
          code?: 'not_acceptable';
        };
      };
    };
    /** @description `job_not_terminable`: The job cannot be terminated. `job_closed`: The job has already ended. */
    JobNotTerminableOrJobClosed: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {unknown} */
          code?: 'job_not_terminable' | 'job_closed';
        };
      };
    };
    /** @description `job_not_retryable`: The job cannot be retried. */
    JobNotRetryable: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {unknown} */
          code?: 'job_not_retryable';
        };
      };
    };
    /** @description `job_not_pausable`: The job cannot be paused. `job_closed`: The job has already ended. */
    JobNotPausableOrJobClosed: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {unknown} */
          code?: 'job_not_pausable' | 'job_closed';
        };
      };
    };
    /** @description `job_not_paused`: The job is not paused. `job_closed`: The job has already ended. */
    JobNotPausedOrJobClosed: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {unknown} */
          code?: 'job_not_paused' | 'job_closed';
        };
      };
    };
    /** @description `job_not_reschedulable`: The job cannot be rescheduled. `job_closed`: The job has already ended. */
    JobNotReschedulableOrJobClosed: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {unknown} */
          code?: 'job_not_reschedulable' | 'job_closed';
        };
      };
    };
    /** @description `start_not_dead`: Only a dead start can be requeued or discarded. */
    StartNotDead: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {unknown} */
          code?: 'start_not_dead';
        };
      };
    };
    /** @description `job_closed`: The job has already ended. */
    JobClosed: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {unknown} */
          code?: 'job_closed';
        };
      };
    };
    /** @description `schedule_taken`: A schedule with this id already exists. */
    ScheduleTaken: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {unknown} */
          code?: 'schedule_taken';
        };
      };
    };
    /** @description `schedule_declared`: The schedule is declared in code. */
    ScheduleDeclared: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {unknown} */
          code?: 'schedule_declared';
        };
      };
    };
    /** @description `schedule_not_triggered`: The schedule did not start a run. */
    ScheduleNotTriggered: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {unknown} */
          code?: 'schedule_not_triggered';
        };
      };
    };
    /** @description `dedupe_key_reused`: The dedupe key was used with another payload. */
    DedupeKeyReused: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {unknown} */
          code?: 'dedupe_key_reused';
        };
      };
    };
    /** @description `work_item_not_deletable`: The work item is running or completed. */
    WorkItemNotDeletable: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {unknown} */
          code?: 'work_item_not_deletable';
        };
      };
    };
    /** @description `work_item_not_dead`: Only a dead work item can be requeued. */
    WorkItemNotDead: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {unknown} */
          code?: 'work_item_not_dead';
        };
      };
    };
    /** @description `email_not_dead`: Only a dead email can be requeued. `email_of_job`: The email belongs to a job. */
    EmailNotDeadOrEmailOfJob: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {unknown} */
          code?: 'email_not_dead' | 'email_of_job';
        };
      };
    };
    /** @description `dead_letter_closed`: The dead letter is already resolved. */
    DeadLetterClosed: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {unknown} */
          code?: 'dead_letter_closed';
        };
      };
    };
    /** @description `cross_origin_request`: The request comes from another site. */
    CrossOriginRequest: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'] & {
          /** @enum {unknown} */
          code?: 'cross_origin_request';
        };
      };
    };
  };
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  listJobs: {
    parameters: {
      query?: {
        type?: string;
        /** @description `running` finds every job that has begun and has not ended, whether it runs, waits, retries or is paused. */
        status?:
          | 'scheduled'
          | 'running'
          | 'waiting'
          | 'retrying'
          | 'paused'
          | 'completed'
          | 'failed'
          | 'cancelled'
          | 'terminated';
        businessKey?: string;
        businessKeyPrefix?: string;
        startedAfter?: string;
        startedBefore?: string;
        closedAfter?: string;
        closedBefore?: string;
        errorCode?: string;
        errorMessage?: string;
        limit?: number;
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of jobs. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "id": "any:any",
           *           "runId": "0192f0c1-2d3e-7f40-8a51-6b72c83d94e5",
           *           "startId": null,
           *           "type": "any",
           *           "businessKey": "any",
           *           "status": "failed",
           *           "createdAt": "2026-03-02T09:16:00.050Z",
           *           "startsAt": null,
           *           "closedAt": "2026-03-02T09:37:02.000Z",
           *           "failure": {
           *             "code": "ServiceUnavailable",
           *             "message": "The service responded with 503."
           *           },
           *           "lastError": null,
           *           "links": {
           *             "self": "/api/jobs/any:any",
           *             "ui": "http://127.0.0.1:8233/namespaces/default/workflows/any%3Aany/0192f0c1-2d3e-7f40-8a51-6b72c83d94e5"
           *           }
           *         }
           *       ],
           *       "nextCursor": null,
           *       "asOf": "2026-03-02T09:40:00.000Z"
           *     }
           */
          'application/json': components['schemas']['JobPage'];
          /** @example <!doctype html>… */
          'text/html': string;
        };
      };
      400: components['responses']['ValidationFailed'];
      401: components['responses']['Unauthorized'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['EngineUnavailableOrDatabaseUnavailable'];
    };
  };
  startJob: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "type": "any",
         *       "input": {},
         *       "delay": "10m"
         *     }
         */
        'application/json': components['schemas']['StartJob'];
      };
    };
    responses: {
      /** @description The job is accepted. */
      202: {
        headers: {
          /** @description The job. */
          Location: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "jobId": "any:any-5f0c2f1e-6c1b-4d5e-9a43-0d7d3c2b1a90",
           *       "runId": null,
           *       "type": "any",
           *       "started": true,
           *       "startAt": "2026-03-02T09:26:00.000Z",
           *       "warnings": []
           *     }
           */
          'application/json': {
            jobId: string;
            /** @description Null until the engine has started it, which it does after this response. */
            runId: string | null;
            type: string;
            /** @description Whether this request starts the job: false if its `dedupeKey` is already used, and null if the key is new, as far as the outbox remembers: the engine, which may know it from earlier, decides. It is also null if the job is debounced or its concurrency keeps one start, because another start may replace this one. The job shows the outcome under `starts`. */
            started: boolean | null;
            /** @description When the job starts; null for immediately. If this request does not start the job, when the existing job starts or started. */
            startAt: string | null;
            /** @description A warning if no worker currently polls the job's queue. The job is accepted in any case. */
            warnings: {
              /** @enum {string} */
              code: 'queue_not_polled';
              message: string;
            }[];
          };
        };
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      408: components['responses']['UploadStalled'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['DatabaseUnavailable'];
    };
  };
  getJob: {
    parameters: {
      query?: {
        /** @description The id of a run; the newest run by default. */
        runId?: string;
      };
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The state of the job: what it has done, what it is doing, and what is planned. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "any:any",
           *       "runId": "0192f0c1-2d3e-7f40-8a51-6b72c83d94e5",
           *       "type": "any",
           *       "businessKey": "any",
           *       "status": "retrying",
           *       "createdAt": "2026-03-02T09:16:00.050Z",
           *       "closedAt": null,
           *       "cancelRequestedAt": null,
           *       "priority": 3,
           *       "fairness": null,
           *       "attempts": [
           *         {
           *           "activity": "any",
           *           "number": 1,
           *           "startedAt": "2026-03-02T09:16:00.120Z",
           *           "endedAt": "2026-03-02T09:16:00.480Z",
           *           "error": {
           *             "code": "ServiceUnavailable",
           *             "message": "The service responded with 503."
           *           }
           *         }
           *       ],
           *       "plannedAttempts": [
           *         "2026-03-02T09:17:00.480Z",
           *         "2026-03-02T09:22:00.480Z",
           *         "2026-03-02T09:37:00.480Z"
           *       ],
           *       "deadline": "2026-03-02T09:38:00.480Z",
           *       "progress": null,
           *       "result": null,
           *       "failure": null,
           *       "links": {
           *         "self": "/api/jobs/any:any",
           *         "ui": "http://127.0.0.1:8233/namespaces/default/workflows/any%3Aany/0192f0c1-2d3e-7f40-8a51-6b72c83d94e5",
           *         "retryOf": null,
           *         "retriedBy": null,
           *         "waitsFor": null,
           *         "replacedBy": null
           *       },
           *       "starts": [
           *         {
           *           "acceptedAt": "2026-03-02T09:16:00.020Z",
           *           "startAt": null,
           *           "expiresAt": null,
           *           "outcome": "started",
           *           "runId": "0192f0c1-2d3e-7f40-8a51-6b72c83d94e5"
           *         }
           *       ]
           *     }
           */
          'application/json': components['schemas']['Job'];
          /** @example <!doctype html>… */
          'text/html': string;
        };
      };
      400: components['responses']['ValidationFailed'];
      401: components['responses']['Unauthorized'];
      404: components['responses']['NotFound'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['EngineUnavailableOrDatabaseUnavailable'];
    };
  };
  deleteJob: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Cancellation was requested. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "any:any",
           *       "runId": "0192f0c1-2d3e-7f40-8a51-6b72c83d94e5",
           *       "type": "any",
           *       "businessKey": "any",
           *       "status": "cancelled",
           *       "createdAt": "2026-03-02T09:16:00.050Z",
           *       "closedAt": null,
           *       "cancelRequestedAt": null,
           *       "priority": 3,
           *       "fairness": null,
           *       "attempts": [
           *         {
           *           "activity": "any",
           *           "number": 1,
           *           "startedAt": "2026-03-02T09:16:00.120Z",
           *           "endedAt": "2026-03-02T09:16:00.480Z",
           *           "error": {
           *             "code": "ServiceUnavailable",
           *             "message": "The service responded with 503."
           *           }
           *         }
           *       ],
           *       "plannedAttempts": [],
           *       "deadline": "2026-03-02T09:38:00.480Z",
           *       "progress": null,
           *       "result": null,
           *       "failure": null,
           *       "links": {
           *         "self": "/api/jobs/any:any",
           *         "ui": "http://127.0.0.1:8233/namespaces/default/workflows/any%3Aany/0192f0c1-2d3e-7f40-8a51-6b72c83d94e5",
           *         "retryOf": null,
           *         "retriedBy": null,
           *         "waitsFor": null,
           *         "replacedBy": null
           *       },
           *       "starts": [
           *         {
           *           "acceptedAt": "2026-03-02T09:16:00.020Z",
           *           "startAt": null,
           *           "expiresAt": null,
           *           "outcome": "started",
           *           "runId": "0192f0c1-2d3e-7f40-8a51-6b72c83d94e5"
           *         }
           *       ]
           *     }
           */
          'application/json': components['schemas']['Job'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      404: components['responses']['NotFound'];
      408: components['responses']['UploadStalled'];
      409: components['responses']['JobNotCancellableOrJobClosed'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['EngineUnavailableOrDatabaseUnavailable'];
    };
  };
  getJobResult: {
    parameters: {
      query?: {
        /** @description How long to wait for the job to end, 60s at most; without it, the response is immediate. */
        wait?: string;
      };
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It has ended. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "any:any",
           *       "runId": "0192f0c1-2d3e-7f40-8a51-6b72c83d94e5",
           *       "type": "any",
           *       "status": "completed",
           *       "closedAt": "2026-03-02T09:17:01.000Z",
           *       "result": {
           *         "outcome": "completed"
           *       },
           *       "failure": null,
           *       "links": {
           *         "job": "/api/jobs/any:any"
           *       }
           *     }
           */
          'application/json': components['schemas']['JobResult'];
        };
      };
      /** @description It has not ended. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "any:any",
           *       "runId": "0192f0c1-2d3e-7f40-8a51-6b72c83d94e5",
           *       "type": "any",
           *       "status": "retrying",
           *       "closedAt": null,
           *       "result": null,
           *       "failure": null,
           *       "links": {
           *         "job": "/api/jobs/any:any"
           *       }
           *     }
           */
          'application/json': components['schemas']['JobResult'];
        };
      };
      400: components['responses']['ValidationFailed'];
      401: components['responses']['Unauthorized'];
      404: components['responses']['NotFound'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['EngineUnavailableOrDatabaseUnavailable'];
    };
  };
  explainJob: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description What the job is doing or waiting for, or how it ended. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "code": "retrying",
           *       "sentence": "Attempt 1 of 4 of any failed with ServiceUnavailable: The service responded with 503; the next one begins at 2026-03-02T09:17:00.480Z.",
           *       "activity": "any",
           *       "attempt": 1,
           *       "of": 4,
           *       "worker": "4711@worker-1",
           *       "queue": "jobs",
           *       "error": {
           *         "code": "ServiceUnavailable",
           *         "message": "The service responded with 503."
           *       },
           *       "nextAt": "2026-03-02T09:17:00.480Z",
           *       "actions": [
           *         {
           *           "does": "Starts the next attempt now.",
           *           "method": "POST",
           *           "path": "/api/jobs/any:any/retry",
           *           "body": {
           *             "scope": "attempt"
           *           }
           *         }
           *       ]
           *     }
           */
          'application/json': components['schemas']['Why'];
        };
      };
      400: components['responses']['ValidationFailed'];
      401: components['responses']['Unauthorized'];
      404: components['responses']['NotFound'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['EngineUnavailableOrDatabaseUnavailable'];
    };
  };
  getJobTimeline: {
    parameters: {
      query?: {
        /** @description The id of a run; the newest run by default. */
        runId?: string;
      };
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The steps of the job, oldest first. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "any:any",
           *       "runId": "0192f0c1-2d3e-7f40-8a51-6b72c83d94e5",
           *       "type": "any",
           *       "status": "retrying",
           *       "from": "2026-03-02T09:16:00.020Z",
           *       "to": null,
           *       "why": {
           *         "code": "retrying",
           *         "sentence": "Attempt 1 of 4 of any failed with ServiceUnavailable: The service responded with 503; the next one begins at 2026-03-02T09:17:00.480Z.",
           *         "activity": "any",
           *         "attempt": 1,
           *         "of": 4,
           *         "worker": "4711@worker-1",
           *         "queue": "jobs",
           *         "error": {
           *           "code": "ServiceUnavailable",
           *           "message": "The service responded with 503."
           *         },
           *         "nextAt": "2026-03-02T09:17:00.480Z",
           *         "actions": [
           *           {
           *             "does": "Starts the next attempt now.",
           *             "method": "POST",
           *             "path": "/api/jobs/any:any/retry",
           *             "body": {
           *               "scope": "attempt"
           *             }
           *           }
           *         ]
           *       },
           *       "steps": [
           *         {
           *           "kind": "attempt",
           *           "at": "2026-03-02T09:16:00.120Z",
           *           "until": "2026-03-02T09:16:00.480Z",
           *           "durationMs": 360,
           *           "text": "any, attempt 1 of 4, failed with ServiceUnavailable: The service responded with 503.",
           *           "activity": "any",
           *           "attempt": 1,
           *           "error": {
           *             "code": "ServiceUnavailable",
           *             "message": "The service responded with 503."
           *           }
           *         }
           *       ],
           *       "note": null,
           *       "links": {
           *         "job": "/api/jobs/any:any",
           *         "previousRun": null,
           *         "nextRun": null
           *       }
           *     }
           */
          'application/json': components['schemas']['Timeline'];
          /** @example <!doctype html>… */
          'text/html': string;
        };
      };
      400: components['responses']['ValidationFailed'];
      401: components['responses']['Unauthorized'];
      404: components['responses']['NotFound'];
      406: components['responses']['NotAcceptable'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['EngineUnavailableOrDatabaseUnavailable'];
    };
  };
  watchJob: {
    parameters: {
      query?: never;
      header?: {
        /** @description The id of the last event received. */
        'Last-Event-ID'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Events, until the job ends. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example id: p6yUxJ0yZ2nD5cQk
           *     event: status
           *     data: {"id":"any:any","status":"retrying"}
           */
          'text/event-stream': string;
        };
      };
      400: components['responses']['ValidationFailed'];
      401: components['responses']['Unauthorized'];
      404: components['responses']['NotFound'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['EngineUnavailableOrDatabaseUnavailable'];
    };
  };
  actOnJobs: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "query": {
         *         "type": "any",
         *         "errorCode": "ServiceUnavailable"
         *       },
         *       "action": "retry",
         *       "reason": "the service is back"
         *     }
         */
        'application/json': {
          /** @description Which jobs to act on; the fields are the parameters of `GET /api/jobs`. */
          query?: {
            type?: string;
            /** @enum {string} */
            status?: 'scheduled' | 'running' | 'completed' | 'failed' | 'cancelled' | 'terminated';
            businessKey?: string;
            businessKeyPrefix?: string;
            /** Format: date-time */
            startedAfter?: string;
            /** Format: date-time */
            startedBefore?: string;
            /** Format: date-time */
            closedAfter?: string;
            /** Format: date-time */
            closedBefore?: string;
            errorCode?: string;
            errorMessage?: string;
          };
          /** @description The jobs to act on, instead of `query`: each is a run, or a start that is not made yet. Other runs of the same job are not affected. */
          jobs?: {
            id: string;
            /** Format: uuid */
            runId?: string;
            /** @description Of a job whose start is not made yet: the `startId` of the list, instead of `runId`. */
            startId?: number;
            /**
             * @description What the retry may do: `attempt` makes the next attempt of an open job now, `run` starts a job again that has ended. It is refused with `job_not_retryable` if the state of the job does not allow this. Without `scope`, the state of the job decides.
             * @enum {string}
             */
            scope?: 'attempt' | 'run';
          }[];
          /**
           * @description Must be true if `query` is empty: the action then applies to every job in a suitable state.
           * @default false
           */
          all?: boolean;
          /** @enum {string} */
          action: 'cancel' | 'terminate' | 'retry' | 'pause' | 'resume' | 'reschedule';
          /**
           * Format: date-time
           * @description When rescheduled jobs should continue.
           */
          at?: string;
          /** @description The reason, for people who look at the job later. Must not contain personal data, because the engine keeps it. */
          reason?: string;
          /**
           * @description Does nothing, and returns the number of matching jobs, or what the action would do to each job of `jobs`.
           * @default false
           */
          dryRun?: boolean;
        };
      };
    };
    responses: {
      /** @description The result of a dry run. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "dryRun": true,
           *       "total": 1,
           *       "jobs": [
           *         {
           *           "id": "any:any",
           *           "runId": "0192f0c1-2d3e-7f40-8a51-6b72c83d94e5",
           *           "startId": null,
           *           "type": "any",
           *           "refusal": null
           *         }
           *       ],
           *       "unmadeStarts": 0,
           *       "asOf": "2026-03-02T09:40:00.000Z"
           *     }
           */
          'application/json': components['schemas']['BatchDryRun'];
        };
      };
      /** @description The bulk job that acts on the jobs. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12",
           *       "jobId": "process-bulk:c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12",
           *       "total": 512,
           *       "unmadeStarts": 3,
           *       "links": {
           *         "bulkJob": "/api/bulk-jobs/c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12",
           *         "events": "/api/bulk-jobs/c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12/events"
           *       }
           *     }
           */
          'application/json': components['schemas']['Batch'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      408: components['responses']['UploadStalled'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['EngineUnavailableOrDatabaseUnavailable'];
    };
  };
  cancelJob: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        /**
         * @example {
         *       "reason": "the service is back"
         *     }
         */
        'application/json': {
          /** @description The reason, for people who look at the job later. Must not contain personal data, because the engine keeps it. */
          reason?: string;
        };
      };
    };
    responses: {
      /** @description The new state of the job, and what was done. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "any:any",
           *       "runId": "0192f0c1-2d3e-7f40-8a51-6b72c83d94e5",
           *       "type": "any",
           *       "businessKey": "any",
           *       "status": "running",
           *       "createdAt": "2026-03-02T09:16:00.050Z",
           *       "closedAt": null,
           *       "cancelRequestedAt": null,
           *       "priority": 3,
           *       "fairness": null,
           *       "attempts": [],
           *       "plannedAttempts": [],
           *       "deadline": null,
           *       "progress": null,
           *       "result": null,
           *       "failure": null,
           *       "links": {
           *         "self": "/api/jobs/any:any",
           *         "ui": "http://127.0.0.1:8233/namespaces/default/workflows/any%3Aany/0192f0c1-2d3e-7f40-8a51-6b72c83d94e5",
           *         "retryOf": null,
           *         "retriedBy": null,
           *         "waitsFor": null,
           *         "replacedBy": null
           *       },
           *       "starts": [],
           *       "action": {
           *         "name": "cancel",
           *         "did": "Cancellation was requested: the job ends after it has cleaned up."
           *       }
           *     }
           */
          'application/json': components['schemas']['ActedOnJob'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      404: components['responses']['NotFound'];
      408: components['responses']['UploadStalled'];
      409: components['responses']['JobNotCancellableOrJobClosed'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['EngineUnavailableOrDatabaseUnavailable'];
    };
  };
  cancelJobByKey: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "type": "any",
         *       "key": "any"
         *     }
         */
        'application/json': {
          /** @description The type of the job, such as `sendInvoiceReminder`. */
          type: string;
          /** @description The key of the job: what follows the colon in its id. */
          key: string;
          /** @description The reason, for people who look at the job later. Must not contain personal data, because the engine keeps it. */
          reason?: string;
        };
      };
    };
    responses: {
      /** @description The new state of the job, and what was done. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "any:any",
           *       "runId": "0192f0c1-2d3e-7f40-8a51-6b72c83d94e5",
           *       "type": "any",
           *       "businessKey": "any",
           *       "status": "running",
           *       "createdAt": "2026-03-02T09:16:00.050Z",
           *       "closedAt": null,
           *       "cancelRequestedAt": null,
           *       "priority": 3,
           *       "fairness": null,
           *       "attempts": [],
           *       "plannedAttempts": [],
           *       "deadline": null,
           *       "progress": null,
           *       "result": null,
           *       "failure": null,
           *       "links": {
           *         "self": "/api/jobs/any:any",
           *         "ui": "http://127.0.0.1:8233/namespaces/default/workflows/any%3Aany/0192f0c1-2d3e-7f40-8a51-6b72c83d94e5",
           *         "retryOf": null,
           *         "retriedBy": null,
           *         "waitsFor": null,
           *         "replacedBy": null
           *       },
           *       "starts": [],
           *       "action": {
           *         "name": "cancel",
           *         "did": "Cancellation was requested: the job ends after it has cleaned up."
           *       }
           *     }
           */
          'application/json': components['schemas']['ActedOnJob'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      404: components['responses']['NotFound'];
      408: components['responses']['UploadStalled'];
      409: components['responses']['JobNotCancellableOrJobClosed'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['EngineUnavailableOrDatabaseUnavailable'];
    };
  };
  terminateJob: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "reason": "it waits for an answer that will not come"
         *     }
         */
        'application/json': {
          /** @description The reason, for people who look at the job later. Must not contain personal data, because the engine keeps it. */
          reason: string;
        };
      };
    };
    responses: {
      /** @description The new state of the job, and what was done. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "any:any",
           *       "runId": "0192f0c1-2d3e-7f40-8a51-6b72c83d94e5",
           *       "type": "any",
           *       "businessKey": "any",
           *       "status": "terminated",
           *       "createdAt": "2026-03-02T09:16:00.050Z",
           *       "closedAt": "2026-03-02T09:20:00.000Z",
           *       "cancelRequestedAt": null,
           *       "priority": 3,
           *       "fairness": null,
           *       "attempts": [],
           *       "plannedAttempts": [],
           *       "deadline": null,
           *       "progress": null,
           *       "result": null,
           *       "failure": null,
           *       "links": {
           *         "self": "/api/jobs/any:any",
           *         "ui": "http://127.0.0.1:8233/namespaces/default/workflows/any%3Aany/0192f0c1-2d3e-7f40-8a51-6b72c83d94e5",
           *         "retryOf": null,
           *         "retriedBy": null,
           *         "waitsFor": null,
           *         "replacedBy": null
           *       },
           *       "starts": [],
           *       "action": {
           *         "name": "terminate",
           *         "did": "The job was terminated. It left nothing open."
           *       }
           *     }
           */
          'application/json': components['schemas']['ActedOnJob'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      404: components['responses']['NotFound'];
      408: components['responses']['UploadStalled'];
      409: components['responses']['JobNotTerminableOrJobClosed'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['EngineUnavailableOrDatabaseUnavailable'];
    };
  };
  retryJob: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        /**
         * @example {
         *       "scope": "run",
         *       "reason": "the service is back"
         *     }
         */
        'application/json': {
          /** @description The reason, for people who look at the job later. Must not contain personal data, because the engine keeps it. */
          reason?: string;
          /**
           * @description What the retry may do: `attempt` makes the next attempt of an open job now, `run` starts a job again that has ended. It is refused with `job_not_retryable` if the state of the job does not allow this. Without `scope`, the state of the job decides.
           * @enum {string}
           */
          scope?: 'attempt' | 'run';
        };
      };
    };
    responses: {
      /** @description The new state of the job, and what was done. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "any:any",
           *       "runId": "0192f0c1-2d3e-7f40-8a51-6b72c83d94e5",
           *       "type": "any",
           *       "businessKey": "any",
           *       "status": "running",
           *       "createdAt": "2026-03-02T09:16:00.050Z",
           *       "closedAt": null,
           *       "cancelRequestedAt": null,
           *       "priority": 3,
           *       "fairness": null,
           *       "attempts": [],
           *       "plannedAttempts": [],
           *       "deadline": null,
           *       "progress": null,
           *       "result": null,
           *       "failure": null,
           *       "links": {
           *         "self": "/api/jobs/any:any",
           *         "ui": null,
           *         "retryOf": "/api/jobs/any:any?runId=0192f0c1-2d3e-7f40-8a51-6b72c83d94e5",
           *         "retriedBy": null,
           *         "waitsFor": null,
           *         "replacedBy": null
           *       },
           *       "starts": [],
           *       "action": {
           *         "name": "retry",
           *         "did": "The job is started again with the same input."
           *       }
           *     }
           */
          'application/json': components['schemas']['ActedOnJob'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      404: components['responses']['NotFound'];
      408: components['responses']['UploadStalled'];
      409: components['responses']['JobNotRetryable'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['EngineUnavailableOrDatabaseUnavailable'];
    };
  };
  pauseJob: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        /**
         * @example {
         *       "reason": "the service is back"
         *     }
         */
        'application/json': {
          /** @description The reason, for people who look at the job later. Must not contain personal data, because the engine keeps it. */
          reason?: string;
        };
      };
    };
    responses: {
      /** @description The new state of the job, and what was done. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "any:any",
           *       "runId": "0192f0c1-2d3e-7f40-8a51-6b72c83d94e5",
           *       "type": "any",
           *       "businessKey": "any",
           *       "status": "paused",
           *       "createdAt": "2026-03-02T09:16:00.050Z",
           *       "closedAt": null,
           *       "cancelRequestedAt": null,
           *       "priority": 3,
           *       "fairness": null,
           *       "attempts": [],
           *       "plannedAttempts": [],
           *       "deadline": null,
           *       "progress": null,
           *       "result": null,
           *       "failure": null,
           *       "links": {
           *         "self": "/api/jobs/any:any",
           *         "ui": "http://127.0.0.1:8233/namespaces/default/workflows/any%3Aany/0192f0c1-2d3e-7f40-8a51-6b72c83d94e5",
           *         "retryOf": null,
           *         "retriedBy": null,
           *         "waitsFor": null,
           *         "replacedBy": null
           *       },
           *       "starts": [],
           *       "action": {
           *         "name": "pause",
           *         "did": "Paused: any (no attempt begins), the workflow."
           *       }
           *     }
           */
          'application/json': components['schemas']['ActedOnJob'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      404: components['responses']['NotFound'];
      408: components['responses']['UploadStalled'];
      409: components['responses']['JobNotPausableOrJobClosed'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['EngineUnavailableOrDatabaseUnavailable'];
    };
  };
  resumeJob: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        /**
         * @example {
         *       "reason": "the service is back"
         *     }
         */
        'application/json': {
          /** @description The reason, for people who look at the job later. Must not contain personal data, because the engine keeps it. */
          reason?: string;
        };
      };
    };
    responses: {
      /** @description The new state of the job, and what was done. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "any:any",
           *       "runId": "0192f0c1-2d3e-7f40-8a51-6b72c83d94e5",
           *       "type": "any",
           *       "businessKey": "any",
           *       "status": "running",
           *       "createdAt": "2026-03-02T09:16:00.050Z",
           *       "closedAt": null,
           *       "cancelRequestedAt": null,
           *       "priority": 3,
           *       "fairness": null,
           *       "attempts": [],
           *       "plannedAttempts": [],
           *       "deadline": null,
           *       "progress": null,
           *       "result": null,
           *       "failure": null,
           *       "links": {
           *         "self": "/api/jobs/any:any",
           *         "ui": "http://127.0.0.1:8233/namespaces/default/workflows/any%3Aany/0192f0c1-2d3e-7f40-8a51-6b72c83d94e5",
           *         "retryOf": null,
           *         "retriedBy": null,
           *         "waitsFor": null,
           *         "replacedBy": null
           *       },
           *       "starts": [],
           *       "action": {
           *         "name": "resume",
           *         "did": "Resumed: any, what it waits for."
           *       }
           *     }
           */
          'application/json': components['schemas']['ActedOnJob'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      404: components['responses']['NotFound'];
      408: components['responses']['UploadStalled'];
      409: components['responses']['JobNotPausedOrJobClosed'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['EngineUnavailableOrDatabaseUnavailable'];
    };
  };
  rescheduleJob: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "at": "2030-03-02T12:00:00Z"
         *     }
         */
        'application/json': {
          /**
           * Format: date-time
           * @description When the job should continue.
           */
          at: string;
        };
      };
    };
    responses: {
      /** @description The new state of the job, and what was done. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "any:any",
           *       "runId": "0192f0c1-2d3e-7f40-8a51-6b72c83d94e5",
           *       "type": "any",
           *       "businessKey": "any",
           *       "status": "retrying",
           *       "createdAt": "2026-03-02T09:16:00.050Z",
           *       "closedAt": null,
           *       "cancelRequestedAt": null,
           *       "priority": 3,
           *       "fairness": null,
           *       "attempts": [],
           *       "plannedAttempts": [
           *         "2030-03-02T12:00:00.000Z"
           *       ],
           *       "deadline": null,
           *       "progress": null,
           *       "result": null,
           *       "failure": null,
           *       "links": {
           *         "self": "/api/jobs/any:any",
           *         "ui": "http://127.0.0.1:8233/namespaces/default/workflows/any%3Aany/0192f0c1-2d3e-7f40-8a51-6b72c83d94e5",
           *         "retryOf": null,
           *         "retriedBy": null,
           *         "waitsFor": null,
           *         "replacedBy": null
           *       },
           *       "starts": [],
           *       "action": {
           *         "name": "reschedule",
           *         "did": "The next attempt begins at 2030-03-02T12:00:00.000Z: any."
           *       }
           *     }
           */
          'application/json': components['schemas']['ActedOnJob'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      404: components['responses']['NotFound'];
      408: components['responses']['UploadStalled'];
      409: components['responses']['JobNotReschedulableOrJobClosed'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['EngineUnavailableOrDatabaseUnavailable'];
    };
  };
  listDeadStarts: {
    parameters: {
      query?: {
        limit?: number;
        cursor?: string;
        code?:
          | 'unknown_job_type'
          | 'invalid_input'
          | 'invalid_key'
          | 'invalid_fairness'
          | 'invalid_limit'
          | 'invalid_after'
          | 'refused_by_engine';
        type?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of dead starts. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "id": "4711",
           *           "status": "dead",
           *           "jobType": "any",
           *           "jobId": null,
           *           "input": {
           *             "until": "tomorrow"
           *           },
           *           "dedupeKey": null,
           *           "startAt": null,
           *           "requestId": null,
           *           "reason": {
           *             "code": "invalid_input",
           *             "message": "Unrecognized key: \"until\""
           *           },
           *           "attempts": 1,
           *           "acceptedAt": "2026-03-02T09:20:00.000Z",
           *           "deadSince": "2026-03-02T09:20:00.000Z",
           *           "discardReason": null,
           *           "omitted": [],
           *           "links": {
           *             "self": "/api/dead-starts/4711",
           *             "job": null
           *           }
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['DeadStart'][];
            /** @description Pass it as `cursor` to get the next page; null on the last page. */
            nextCursor: string | null;
          };
          /** @example <!doctype html>… */
          'text/html': string;
        };
      };
      400: components['responses']['ValidationFailed'];
      401: components['responses']['Unauthorized'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['DatabaseUnavailable'];
    };
  };
  getDeadStart: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The start. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "4711",
           *       "status": "dead",
           *       "jobType": "any",
           *       "jobId": null,
           *       "input": {
           *         "until": "tomorrow"
           *       },
           *       "dedupeKey": null,
           *       "startAt": null,
           *       "requestId": null,
           *       "reason": {
           *         "code": "invalid_input",
           *         "message": "Unrecognized key: \"until\""
           *       },
           *       "attempts": 1,
           *       "acceptedAt": "2026-03-02T09:20:00.000Z",
           *       "deadSince": "2026-03-02T09:20:00.000Z",
           *       "discardReason": null,
           *       "omitted": [],
           *       "links": {
           *         "self": "/api/dead-starts/4711",
           *         "job": null
           *       }
           *     }
           */
          'application/json': components['schemas']['DeadStart'];
          /** @example <!doctype html>… */
          'text/html': string;
        };
      };
      400: components['responses']['ValidationFailed'];
      401: components['responses']['Unauthorized'];
      404: components['responses']['NotFound'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['DatabaseUnavailable'];
    };
  };
  requeueDeadStart: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The relay tries the start again. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "4711",
           *       "status": "requeued",
           *       "jobType": "any",
           *       "jobId": null,
           *       "input": {
           *         "until": "tomorrow"
           *       },
           *       "dedupeKey": null,
           *       "startAt": null,
           *       "requestId": null,
           *       "reason": {
           *         "code": "invalid_input",
           *         "message": "Unrecognized key: \"until\""
           *       },
           *       "attempts": 1,
           *       "acceptedAt": "2026-03-02T09:20:00.000Z",
           *       "deadSince": "2026-03-02T09:20:00.000Z",
           *       "discardReason": null,
           *       "omitted": [],
           *       "links": {
           *         "self": "/api/dead-starts/4711",
           *         "job": null
           *       }
           *     }
           */
          'application/json': components['schemas']['DeadStart'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      404: components['responses']['NotFound'];
      408: components['responses']['UploadStalled'];
      409: components['responses']['StartNotDead'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['DatabaseUnavailable'];
    };
  };
  discardDeadStart: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "reason": "The job was started by hand."
         *     }
         */
        'application/json': {
          reason: string;
        };
      };
    };
    responses: {
      /** @description The start is discarded; it is deleted after `OUTBOX_RETENTION`. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "4711",
           *       "status": "discarded",
           *       "jobType": "any",
           *       "jobId": null,
           *       "input": {
           *         "until": "tomorrow"
           *       },
           *       "dedupeKey": null,
           *       "startAt": null,
           *       "requestId": null,
           *       "reason": {
           *         "code": "invalid_input",
           *         "message": "Unrecognized key: \"until\""
           *       },
           *       "attempts": 1,
           *       "acceptedAt": "2026-03-02T09:20:00.000Z",
           *       "deadSince": "2026-03-02T09:20:00.000Z",
           *       "discardReason": "The job was started by hand.",
           *       "omitted": [],
           *       "links": {
           *         "self": "/api/dead-starts/4711",
           *         "job": null
           *       }
           *     }
           */
          'application/json': components['schemas']['DeadStart'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      404: components['responses']['NotFound'];
      408: components['responses']['UploadStalled'];
      409: components['responses']['StartNotDead'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['DatabaseUnavailable'];
    };
  };
  listGroups: {
    parameters: {
      query?: {
        limit?: number;
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of groups. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "id": "import-2026-03",
           *           "state": "running",
           *           "createdAt": "2026-03-02T09:16:00.000Z",
           *           "closedAt": "2026-03-02T09:16:00.000Z",
           *           "completedAt": null,
           *           "counts": {
           *             "total": 2,
           *             "pending": 1,
           *             "completed": 1,
           *             "failed": 0,
           *             "cancelled": 0,
           *             "terminated": 0,
           *             "notStarted": 0,
           *             "unknown": 0
           *           },
           *           "links": {
           *             "self": "/api/groups/import-2026-03"
           *           }
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': components['schemas']['JobGroupPage'];
          /** @example <!doctype html>… */
          'text/html': string;
        };
      };
      400: components['responses']['ValidationFailed'];
      401: components['responses']['Unauthorized'];
      406: components['responses']['NotAcceptable'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['DatabaseUnavailable'];
    };
  };
  getGroup: {
    parameters: {
      query?: {
        limit?: number;
        cursor?: string;
      };
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The group. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "import-2026-03",
           *       "state": "running",
           *       "createdAt": "2026-03-02T09:16:00.000Z",
           *       "closedAt": "2026-03-02T09:16:00.000Z",
           *       "completedAt": null,
           *       "counts": {
           *         "total": 2,
           *         "pending": 1,
           *         "completed": 1,
           *         "failed": 0,
           *         "cancelled": 0,
           *         "terminated": 0,
           *         "notStarted": 0,
           *         "unknown": 0
           *       },
           *       "links": {
           *         "self": "/api/groups/import-2026-03",
           *         "completion": "/api/jobs/mail-import-report:2026-03"
           *       },
           *       "completion": {
           *         "type": "mailImportReport",
           *         "jobId": "mail-import-report:2026-03"
           *       },
           *       "jobs": {
           *         "items": [
           *           {
           *             "jobId": "import-file:1",
           *             "end": "completed",
           *             "endedAt": "2026-03-02T09:17:10.000Z",
           *             "links": {
           *               "job": "/api/jobs/import-file:1"
           *             }
           *           },
           *           {
           *             "jobId": "import-file:2",
           *             "end": null,
           *             "endedAt": null,
           *             "links": {
           *               "job": "/api/jobs/import-file:2"
           *             }
           *           }
           *         ],
           *         "nextCursor": null
           *       }
           *     }
           */
          'application/json': components['schemas']['JobGroup'];
          /** @example <!doctype html>… */
          'text/html': string;
        };
      };
      400: components['responses']['ValidationFailed'];
      401: components['responses']['Unauthorized'];
      404: components['responses']['NotFound'];
      406: components['responses']['NotAcceptable'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['DatabaseUnavailable'];
    };
  };
  listBulkJobs: {
    parameters: {
      query?: {
        limit?: number;
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of bulk jobs. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "id": "c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12",
           *           "jobId": "process-bulk:c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12",
           *           "task": "any",
           *           "query": null,
           *           "status": "running",
           *           "counts": {
           *             "total": 50000,
           *             "done": 12400,
           *             "failed": 3,
           *             "pending": 37597
           *           },
           *           "rate": 2210.4,
           *           "estimatedEndAt": "2026-03-02T09:16:17.000Z",
           *           "createdAt": "2026-03-02T09:15:52.000Z",
           *           "startedAt": "2026-03-02T09:15:54.000Z",
           *           "endedAt": null,
           *           "links": {
           *             "self": "/api/bulk-jobs/c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12",
           *             "events": "/api/bulk-jobs/c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12/events",
           *             "job": "/api/jobs/process-bulk:c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12"
           *           }
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['BulkJob'][];
            /** @description Pass it as `cursor` to get the next page; null on the last page. */
            nextCursor: string | null;
          };
          /** @example <!doctype html>… */
          'text/html': string;
        };
      };
      400: components['responses']['ValidationFailed'];
      401: components['responses']['Unauthorized'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['DatabaseUnavailable'];
    };
  };
  createBulkJob: {
    parameters: {
      query: {
        task: string;
        query?: unknown;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: {
      content: {
        'application/json': components['schemas']['BulkItem'][];
        'application/x-ndjson': string;
      };
    };
    responses: {
      /** @description The items are stored and will be processed. */
      202: {
        headers: {
          /** @description The bulk job. */
          Location: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12",
           *       "jobId": "process-bulk:c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12",
           *       "status": "queued",
           *       "total": 50000
           *     }
           */
          'application/json': {
            /** Format: uuid */
            id: string;
            jobId: string;
            /** @constant */
            status: 'queued';
            total: number;
          };
        };
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      408: components['responses']['UploadStalled'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['DatabaseUnavailable'];
    };
  };
  getBulkJob: {
    parameters: {
      query?: {
        limit?: number;
        cursor?: string;
      };
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The bulk job with its counts and a page of its failed items. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12",
           *       "jobId": "process-bulk:c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12",
           *       "task": "any",
           *       "query": null,
           *       "status": "running",
           *       "counts": {
           *         "total": 50000,
           *         "done": 12400,
           *         "failed": 3,
           *         "pending": 37597
           *       },
           *       "rate": 2210.4,
           *       "estimatedEndAt": "2026-03-02T09:16:17.000Z",
           *       "createdAt": "2026-03-02T09:15:52.000Z",
           *       "startedAt": "2026-03-02T09:15:54.000Z",
           *       "endedAt": null,
           *       "links": {
           *         "self": "/api/bulk-jobs/c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12",
           *         "events": "/api/bulk-jobs/c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12/events",
           *         "job": "/api/jobs/process-bulk:c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12"
           *       },
           *       "failedItems": {
           *         "items": [
           *           {
           *             "position": 17,
           *             "item": {},
           *             "omitted": [],
           *             "attempts": 1,
           *             "error": {
           *               "code": "NotFound",
           *               "message": "The row that the item names does not exist."
           *             }
           *           }
           *         ],
           *         "nextCursor": null
           *       }
           *     }
           */
          'application/json': components['schemas']['BulkJobWithFailedItems'];
          /** @example <!doctype html>… */
          'text/html': string;
        };
      };
      400: components['responses']['ValidationFailed'];
      401: components['responses']['Unauthorized'];
      404: components['responses']['NotFound'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['DatabaseUnavailable'];
    };
  };
  followBulkJob: {
    parameters: {
      query?: never;
      header?: {
        /** @description The id of the last event received. */
        'Last-Event-ID'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Events, until the job ends. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example id: running.12400.3
           *     event: progress
           *     data: {"id":"c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12","status":"running"}
           */
          'text/event-stream': string;
        };
      };
      400: components['responses']['ValidationFailed'];
      401: components['responses']['Unauthorized'];
      404: components['responses']['NotFound'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['DatabaseUnavailable'];
    };
  };
  pauseBulkJob: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The request was accepted. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12",
           *       "jobId": "process-bulk:c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12",
           *       "task": "any",
           *       "query": null,
           *       "status": "running",
           *       "counts": {
           *         "total": 50000,
           *         "done": 12400,
           *         "failed": 3,
           *         "pending": 37597
           *       },
           *       "rate": 2210.4,
           *       "estimatedEndAt": "2026-03-02T09:16:17.000Z",
           *       "createdAt": "2026-03-02T09:15:52.000Z",
           *       "startedAt": "2026-03-02T09:15:54.000Z",
           *       "endedAt": null,
           *       "links": {
           *         "self": "/api/bulk-jobs/c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12",
           *         "events": "/api/bulk-jobs/c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12/events",
           *         "job": "/api/jobs/process-bulk:c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12"
           *       }
           *     }
           */
          'application/json': components['schemas']['BulkJob'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      404: components['responses']['NotFound'];
      408: components['responses']['UploadStalled'];
      409: components['responses']['JobClosed'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['EngineUnavailableOrDatabaseUnavailable'];
    };
  };
  resumeBulkJob: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The request was accepted. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12",
           *       "jobId": "process-bulk:c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12",
           *       "task": "any",
           *       "query": null,
           *       "status": "running",
           *       "counts": {
           *         "total": 50000,
           *         "done": 12400,
           *         "failed": 3,
           *         "pending": 37597
           *       },
           *       "rate": 2210.4,
           *       "estimatedEndAt": "2026-03-02T09:16:17.000Z",
           *       "createdAt": "2026-03-02T09:15:52.000Z",
           *       "startedAt": "2026-03-02T09:15:54.000Z",
           *       "endedAt": null,
           *       "links": {
           *         "self": "/api/bulk-jobs/c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12",
           *         "events": "/api/bulk-jobs/c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12/events",
           *         "job": "/api/jobs/process-bulk:c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12"
           *       }
           *     }
           */
          'application/json': components['schemas']['BulkJob'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      404: components['responses']['NotFound'];
      408: components['responses']['UploadStalled'];
      409: components['responses']['JobClosed'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['EngineUnavailableOrDatabaseUnavailable'];
    };
  };
  cancelBulkJob: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The request was accepted. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12",
           *       "jobId": "process-bulk:c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12",
           *       "task": "any",
           *       "query": null,
           *       "status": "running",
           *       "counts": {
           *         "total": 50000,
           *         "done": 12400,
           *         "failed": 3,
           *         "pending": 37597
           *       },
           *       "rate": 2210.4,
           *       "estimatedEndAt": "2026-03-02T09:16:17.000Z",
           *       "createdAt": "2026-03-02T09:15:52.000Z",
           *       "startedAt": "2026-03-02T09:15:54.000Z",
           *       "endedAt": null,
           *       "links": {
           *         "self": "/api/bulk-jobs/c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12",
           *         "events": "/api/bulk-jobs/c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12/events",
           *         "job": "/api/jobs/process-bulk:c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12"
           *       }
           *     }
           */
          'application/json': components['schemas']['BulkJob'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      404: components['responses']['NotFound'];
      408: components['responses']['UploadStalled'];
      409: components['responses']['JobClosed'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['EngineUnavailableOrDatabaseUnavailable'];
    };
  };
  retryFailedItems: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The failed items are pending again. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12",
           *       "jobId": "process-bulk:c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12",
           *       "task": "any",
           *       "query": null,
           *       "status": "running",
           *       "counts": {
           *         "total": 50000,
           *         "done": 12400,
           *         "failed": 3,
           *         "pending": 37597
           *       },
           *       "rate": 2210.4,
           *       "estimatedEndAt": "2026-03-02T09:16:17.000Z",
           *       "createdAt": "2026-03-02T09:15:52.000Z",
           *       "startedAt": "2026-03-02T09:15:54.000Z",
           *       "endedAt": null,
           *       "links": {
           *         "self": "/api/bulk-jobs/c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12",
           *         "events": "/api/bulk-jobs/c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12/events",
           *         "job": "/api/jobs/process-bulk:c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12"
           *       },
           *       "retried": 3
           *     }
           */
          'application/json': components['schemas']['BulkJobRetried'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      404: components['responses']['NotFound'];
      408: components['responses']['UploadStalled'];
      409: components['responses']['JobClosed'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['DatabaseUnavailable'];
    };
  };
  listSchedules: {
    parameters: {
      query?: {
        limit?: number;
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of schedules. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "id": "every-ten-minutes",
           *           "job": "any",
           *           "input": {},
           *           "cron": "*\/10 * * * *",
           *           "timeZone": "Europe/Berlin",
           *           "jitter": "30s",
           *           "overlap": "skip",
           *           "catchupWindow": "1d",
           *           "pauseOnFailure": false,
           *           "note": "During the migration.",
           *           "owner": "api",
           *           "unreadable": false,
           *           "paused": false,
           *           "stateNote": null,
           *           "nextRuns": [
           *             {
           *               "utc": "2026-03-02T09:20:12.000Z",
           *               "local": "2026-03-02T10:20:12+01:00"
           *             }
           *           ],
           *           "recentRuns": [
           *             {
           *               "jobId": "any:every-ten-minutes-2026-03-02T09:10:00Z",
           *               "scheduledAt": "2026-03-02T09:10:00.000Z",
           *               "startedAt": "2026-03-02T09:10:07.000Z",
           *               "outcome": "completed",
           *               "links": {
           *                 "job": "/api/jobs/any:every-ten-minutes-2026-03-02T09:10:00Z"
           *               }
           *             }
           *           ],
           *           "counts": {
           *             "started": 12,
           *             "missedCatchupWindow": 0,
           *             "skippedForOverlap": 0,
           *             "lost": 0
           *           },
           *           "createdAt": "2026-03-02T07:15:00.000Z",
           *           "warnings": [],
           *           "links": {
           *             "self": "/api/schedules/every-ten-minutes",
           *             "ui": "http://127.0.0.1:8233/namespaces/default/schedules/every-ten-minutes"
           *           }
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['Schedule'][];
            /** @description Pass it as `cursor` to get the next page; null on the last page. */
            nextCursor: string | null;
          };
          /** @example <!doctype html>… */
          'text/html': string;
        };
      };
      400: components['responses']['ValidationFailed'];
      401: components['responses']['Unauthorized'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['EngineUnavailableOrDatabaseUnavailable'];
    };
  };
  createSchedule: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "id": "every-ten-minutes",
         *       "job": "any",
         *       "input": {},
         *       "cron": "*\/10 * * * *",
         *       "timeZone": "Europe/Berlin",
         *       "jitter": "30s",
         *       "note": "During the migration."
         *     }
         */
        'application/json': components['schemas']['Schedule'];
      };
    };
    responses: {
      /** @description The schedule is created. */
      201: {
        headers: {
          /** @description The schedule. */
          Location: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "every-ten-minutes",
           *       "job": "any",
           *       "input": {},
           *       "cron": "*\/10 * * * *",
           *       "timeZone": "Europe/Berlin",
           *       "jitter": "30s",
           *       "overlap": "skip",
           *       "catchupWindow": "1d",
           *       "pauseOnFailure": false,
           *       "note": "During the migration.",
           *       "owner": "api",
           *       "unreadable": false,
           *       "paused": false,
           *       "stateNote": null,
           *       "nextRuns": [
           *         {
           *           "utc": "2026-03-02T09:20:12.000Z",
           *           "local": "2026-03-02T10:20:12+01:00"
           *         }
           *       ],
           *       "recentRuns": [
           *         {
           *           "jobId": "any:every-ten-minutes-2026-03-02T09:10:00Z",
           *           "scheduledAt": "2026-03-02T09:10:00.000Z",
           *           "startedAt": "2026-03-02T09:10:07.000Z",
           *           "outcome": "completed",
           *           "links": {
           *             "job": "/api/jobs/any:every-ten-minutes-2026-03-02T09:10:00Z"
           *           }
           *         }
           *       ],
           *       "counts": {
           *         "started": 12,
           *         "missedCatchupWindow": 0,
           *         "skippedForOverlap": 0,
           *         "lost": 0
           *       },
           *       "createdAt": "2026-03-02T07:15:00.000Z",
           *       "warnings": [],
           *       "links": {
           *         "self": "/api/schedules/every-ten-minutes",
           *         "ui": "http://127.0.0.1:8233/namespaces/default/schedules/every-ten-minutes"
           *       }
           *     }
           */
          'application/json': components['schemas']['Schedule'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      408: components['responses']['UploadStalled'];
      409: components['responses']['ScheduleTaken'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['EngineUnavailableOrDatabaseUnavailable'];
    };
  };
  previewSchedule: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "cron": "30 2 * * *",
         *       "timeZone": "Europe/Berlin",
         *       "count": 2
         *     }
         */
        'application/json': {
          cron?: string;
          /** @description A number and a unit (`ms`, `s`, `m`, `h`, `d` or `w`), such as `90s`, `5m` or `1h`. */
          every?: string;
          calendar?: components['schemas']['Calendar'];
          timeZone?: string;
          /**
           * @description A number and a unit (`ms`, `s`, `m`, `h`, `d` or `w`), such as `90s`, `5m` or `1h`.
           * @default 0s
           */
          jitter?: string;
          /**
           * @description A number and a unit (`ms`, `s`, `m`, `h`, `d` or `w`), such as `90s`, `5m` or `1h`.
           * @default 1d
           */
          catchupWindow?: string;
          /** @default 10 */
          count?: number;
          /** Format: date-time */
          from?: string;
        };
      };
    };
    responses: {
      /** @description The next runs, with warnings. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "timeZone": "Europe/Berlin",
           *       "runs": [
           *         {
           *           "utc": "2026-03-28T01:30:00.000Z",
           *           "local": "2026-03-28T02:30:00+01:00"
           *         },
           *         {
           *           "utc": "2026-03-30T00:30:00.000Z",
           *           "local": "2026-03-30T02:30:00+02:00"
           *         }
           *       ],
           *       "jitter": null,
           *       "warnings": [
           *         {
           *           "code": "dst_gap",
           *           "message": "On 2026-03-29 clocks in Europe/Berlin go forward from 02:00 to 03:00: 1 run lost (02:30)."
           *         }
           *       ]
           *     }
           */
          'application/json': {
            timeZone: string;
            runs: {
              /** Format: date-time */
              utc: string;
              /** @description In the schedule's time zone; in UTC if Node.js does not know that time zone. */
              local: string;
            }[];
            jitter: string | null;
            warnings: components['schemas']['ScheduleWarning'][];
          };
        };
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      408: components['responses']['UploadStalled'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['DatabaseUnavailable'];
    };
  };
  getSchedule: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The schedule with its next and recent runs. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "every-ten-minutes",
           *       "job": "any",
           *       "input": {},
           *       "cron": "*\/10 * * * *",
           *       "timeZone": "Europe/Berlin",
           *       "jitter": "30s",
           *       "overlap": "skip",
           *       "catchupWindow": "1d",
           *       "pauseOnFailure": false,
           *       "note": "During the migration.",
           *       "owner": "api",
           *       "unreadable": false,
           *       "paused": false,
           *       "stateNote": null,
           *       "nextRuns": [
           *         {
           *           "utc": "2026-03-02T09:20:12.000Z",
           *           "local": "2026-03-02T10:20:12+01:00"
           *         }
           *       ],
           *       "recentRuns": [
           *         {
           *           "jobId": "any:every-ten-minutes-2026-03-02T09:10:00Z",
           *           "scheduledAt": "2026-03-02T09:10:00.000Z",
           *           "startedAt": "2026-03-02T09:10:07.000Z",
           *           "outcome": "completed",
           *           "links": {
           *             "job": "/api/jobs/any:every-ten-minutes-2026-03-02T09:10:00Z"
           *           }
           *         }
           *       ],
           *       "counts": {
           *         "started": 12,
           *         "missedCatchupWindow": 0,
           *         "skippedForOverlap": 0,
           *         "lost": 0
           *       },
           *       "createdAt": "2026-03-02T07:15:00.000Z",
           *       "warnings": [],
           *       "links": {
           *         "self": "/api/schedules/every-ten-minutes",
           *         "ui": "http://127.0.0.1:8233/namespaces/default/schedules/every-ten-minutes"
           *       }
           *     }
           */
          'application/json': components['schemas']['Schedule'];
          /** @example <!doctype html>… */
          'text/html': string;
        };
      };
      400: components['responses']['ValidationFailed'];
      401: components['responses']['Unauthorized'];
      404: components['responses']['NotFound'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['EngineUnavailableOrDatabaseUnavailable'];
    };
  };
  deleteSchedule: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The schedule is deleted. */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      404: components['responses']['NotFound'];
      408: components['responses']['UploadStalled'];
      409: components['responses']['ScheduleDeclared'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['EngineUnavailableOrDatabaseUnavailable'];
    };
  };
  updateSchedule: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "every": "15m"
         *     }
         */
        'application/json': {
          cron?: string;
          /** @description A number and a unit (`ms`, `s`, `m`, `h`, `d` or `w`), such as `90s`, `5m` or `1h`. */
          every?: string;
          calendar?: components['schemas']['Calendar'];
          job?: string;
          input?: {
            [key: string]: unknown;
          };
          timeZone?: string;
          /** @description A number and a unit (`ms`, `s`, `m`, `h`, `d` or `w`), such as `90s`, `5m` or `1h`. */
          jitter?: string;
          /** @enum {string} */
          overlap?: 'skip' | 'buffer_one' | 'buffer_all' | 'cancel_other' | 'terminate_other' | 'allow_all';
          /** @description A number and a unit (`ms`, `s`, `m`, `h`, `d` or `w`), such as `90s`, `5m` or `1h`. */
          catchupWindow?: string;
          pauseOnFailure?: boolean;
          note?: string;
        };
      };
    };
    responses: {
      /** @description The schedule is changed. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "every-ten-minutes",
           *       "job": "any",
           *       "input": {},
           *       "cron": "*\/10 * * * *",
           *       "timeZone": "Europe/Berlin",
           *       "jitter": "30s",
           *       "overlap": "skip",
           *       "catchupWindow": "1d",
           *       "pauseOnFailure": false,
           *       "note": "During the migration.",
           *       "owner": "api",
           *       "unreadable": false,
           *       "paused": false,
           *       "stateNote": null,
           *       "nextRuns": [
           *         {
           *           "utc": "2026-03-02T09:20:12.000Z",
           *           "local": "2026-03-02T10:20:12+01:00"
           *         }
           *       ],
           *       "recentRuns": [
           *         {
           *           "jobId": "any:every-ten-minutes-2026-03-02T09:10:00Z",
           *           "scheduledAt": "2026-03-02T09:10:00.000Z",
           *           "startedAt": "2026-03-02T09:10:07.000Z",
           *           "outcome": "completed",
           *           "links": {
           *             "job": "/api/jobs/any:every-ten-minutes-2026-03-02T09:10:00Z"
           *           }
           *         }
           *       ],
           *       "counts": {
           *         "started": 12,
           *         "missedCatchupWindow": 0,
           *         "skippedForOverlap": 0,
           *         "lost": 0
           *       },
           *       "createdAt": "2026-03-02T07:15:00.000Z",
           *       "warnings": [],
           *       "links": {
           *         "self": "/api/schedules/every-ten-minutes",
           *         "ui": "http://127.0.0.1:8233/namespaces/default/schedules/every-ten-minutes"
           *       }
           *     }
           */
          'application/json': components['schemas']['Schedule'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      404: components['responses']['NotFound'];
      408: components['responses']['UploadStalled'];
      409: components['responses']['ScheduleDeclared'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['EngineUnavailableOrDatabaseUnavailable'];
    };
  };
  pauseSchedule: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        /**
         * @example {
         *       "note": "The database is in maintenance."
         *     }
         */
        'application/json': {
          note?: string;
        };
      };
    };
    responses: {
      /** @description The schedule is paused. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "every-ten-minutes",
           *       "job": "any",
           *       "input": {},
           *       "cron": "*\/10 * * * *",
           *       "timeZone": "Europe/Berlin",
           *       "jitter": "30s",
           *       "overlap": "skip",
           *       "catchupWindow": "1d",
           *       "pauseOnFailure": false,
           *       "note": "During the migration.",
           *       "owner": "api",
           *       "unreadable": false,
           *       "paused": true,
           *       "stateNote": "The database is in maintenance.",
           *       "nextRuns": [],
           *       "recentRuns": [
           *         {
           *           "jobId": "any:every-ten-minutes-2026-03-02T09:10:00Z",
           *           "scheduledAt": "2026-03-02T09:10:00.000Z",
           *           "startedAt": "2026-03-02T09:10:07.000Z",
           *           "outcome": "completed",
           *           "links": {
           *             "job": "/api/jobs/any:every-ten-minutes-2026-03-02T09:10:00Z"
           *           }
           *         }
           *       ],
           *       "counts": {
           *         "started": 12,
           *         "missedCatchupWindow": 0,
           *         "skippedForOverlap": 0,
           *         "lost": 0
           *       },
           *       "createdAt": "2026-03-02T07:15:00.000Z",
           *       "warnings": [],
           *       "links": {
           *         "self": "/api/schedules/every-ten-minutes",
           *         "ui": "http://127.0.0.1:8233/namespaces/default/schedules/every-ten-minutes"
           *       }
           *     }
           */
          'application/json': components['schemas']['Schedule'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      404: components['responses']['NotFound'];
      408: components['responses']['UploadStalled'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['EngineUnavailableOrDatabaseUnavailable'];
    };
  };
  resumeSchedule: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        /**
         * @example {
         *       "note": "The database is back."
         *     }
         */
        'application/json': {
          note?: string;
        };
      };
    };
    responses: {
      /** @description The schedule is resumed. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "every-ten-minutes",
           *       "job": "any",
           *       "input": {},
           *       "cron": "*\/10 * * * *",
           *       "timeZone": "Europe/Berlin",
           *       "jitter": "30s",
           *       "overlap": "skip",
           *       "catchupWindow": "1d",
           *       "pauseOnFailure": false,
           *       "note": "During the migration.",
           *       "owner": "api",
           *       "unreadable": false,
           *       "paused": false,
           *       "stateNote": "The database is back.",
           *       "nextRuns": [
           *         {
           *           "utc": "2026-03-02T09:20:12.000Z",
           *           "local": "2026-03-02T10:20:12+01:00"
           *         }
           *       ],
           *       "recentRuns": [
           *         {
           *           "jobId": "any:every-ten-minutes-2026-03-02T09:10:00Z",
           *           "scheduledAt": "2026-03-02T09:10:00.000Z",
           *           "startedAt": "2026-03-02T09:10:07.000Z",
           *           "outcome": "completed",
           *           "links": {
           *             "job": "/api/jobs/any:every-ten-minutes-2026-03-02T09:10:00Z"
           *           }
           *         }
           *       ],
           *       "counts": {
           *         "started": 12,
           *         "missedCatchupWindow": 0,
           *         "skippedForOverlap": 0,
           *         "lost": 0
           *       },
           *       "createdAt": "2026-03-02T07:15:00.000Z",
           *       "warnings": [],
           *       "links": {
           *         "self": "/api/schedules/every-ten-minutes",
           *         "ui": "http://127.0.0.1:8233/namespaces/default/schedules/every-ten-minutes"
           *       }
           *     }
           */
          'application/json': components['schemas']['Schedule'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      404: components['responses']['NotFound'];
      408: components['responses']['UploadStalled'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['EngineUnavailableOrDatabaseUnavailable'];
    };
  };
  triggerSchedule: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        /**
         * @example {
         *       "overlap": "allow_all"
         *     }
         */
        'application/json': {
          /** @enum {string} */
          overlap?: 'skip' | 'buffer_one' | 'buffer_all' | 'cancel_other' | 'terminate_other' | 'allow_all';
        };
      };
    };
    responses: {
      /** @description A run was started, or is waiting. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "every-ten-minutes",
           *       "job": "any",
           *       "input": {},
           *       "cron": "*\/10 * * * *",
           *       "timeZone": "Europe/Berlin",
           *       "jitter": "30s",
           *       "overlap": "skip",
           *       "catchupWindow": "1d",
           *       "pauseOnFailure": false,
           *       "note": "During the migration.",
           *       "owner": "api",
           *       "unreadable": false,
           *       "paused": false,
           *       "stateNote": null,
           *       "nextRuns": [
           *         {
           *           "utc": "2026-03-02T09:20:12.000Z",
           *           "local": "2026-03-02T10:20:12+01:00"
           *         }
           *       ],
           *       "recentRuns": [
           *         {
           *           "jobId": "any:every-ten-minutes-2026-03-02T09:10:00Z",
           *           "scheduledAt": "2026-03-02T09:10:00.000Z",
           *           "startedAt": "2026-03-02T09:10:07.000Z",
           *           "outcome": "completed",
           *           "links": {
           *             "job": "/api/jobs/any:every-ten-minutes-2026-03-02T09:10:00Z"
           *           }
           *         }
           *       ],
           *       "counts": {
           *         "started": 12,
           *         "missedCatchupWindow": 0,
           *         "skippedForOverlap": 0,
           *         "lost": 0
           *       },
           *       "createdAt": "2026-03-02T07:15:00.000Z",
           *       "warnings": [],
           *       "links": {
           *         "self": "/api/schedules/every-ten-minutes",
           *         "ui": "http://127.0.0.1:8233/namespaces/default/schedules/every-ten-minutes"
           *       },
           *       "triggered": {
           *         "jobId": "any:every-ten-minutes-2026-03-02T09:16:04Z",
           *         "runId": "0192f0c1-2d3e-7f40-8a51-6b72c83d94e5",
           *         "started": true
           *       }
           *     }
           */
          'application/json': components['schemas']['TriggeredSchedule'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      404: components['responses']['NotFound'];
      408: components['responses']['UploadStalled'];
      409: components['responses']['ScheduleNotTriggered'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['EngineUnavailableOrDatabaseUnavailable'];
    };
  };
  backfillSchedule: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "from": "2026-03-01T00:00:00Z",
         *       "to": "2026-03-01T06:00:00Z"
         *     }
         */
        'application/json': {
          /** Format: date-time */
          from: string;
          /** Format: date-time */
          to: string;
        };
      };
    };
    responses: {
      /** @description The runs were requested. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "runs": 36
           *     }
           */
          'application/json': {
            runs: number | null;
          };
        };
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      404: components['responses']['NotFound'];
      408: components['responses']['UploadStalled'];
      409: components['responses']['ScheduleNotTriggered'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['EngineUnavailableOrDatabaseUnavailable'];
    };
  };
  listServices: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description All hosted services. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "id": "outbox-relay",
           *           "jobId": "host-service:outbox-relay",
           *           "description": "Starts jobs that were committed but have not started yet.",
           *           "state": "running",
           *           "busy": false,
           *           "worker": "worker-1:4711",
           *           "workers": [],
           *           "since": "2026-03-02T07:00:02.000Z",
           *           "processed": 1204,
           *           "failed": 0,
           *           "lastActivityAt": "2026-03-02T09:16:00.000Z",
           *           "lastError": null,
           *           "pausedAt": null,
           *           "links": {
           *             "self": "/api/services/outbox-relay",
           *             "job": "/api/jobs/host-service:outbox-relay",
           *             "ui": "http://127.0.0.1:8233/namespaces/default/workflows/host-service%3Aoutbox-relay"
           *           }
           *         }
           *       ]
           *     }
           */
          'application/json': {
            items: components['schemas']['HostedService'][];
          };
          /** @example <!doctype html>… */
          'text/html': string;
        };
      };
      400: components['responses']['ValidationFailed'];
      401: components['responses']['Unauthorized'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['DatabaseUnavailable'];
    };
  };
  getService: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The service. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "outbox-relay",
           *       "jobId": "host-service:outbox-relay",
           *       "description": "Starts jobs that were committed but have not started yet.",
           *       "state": "running",
           *       "busy": false,
           *       "worker": "worker-1:4711",
           *       "workers": [],
           *       "since": "2026-03-02T07:00:02.000Z",
           *       "processed": 1204,
           *       "failed": 0,
           *       "lastActivityAt": "2026-03-02T09:16:00.000Z",
           *       "lastError": null,
           *       "pausedAt": null,
           *       "links": {
           *         "self": "/api/services/outbox-relay",
           *         "job": "/api/jobs/host-service:outbox-relay",
           *         "ui": "http://127.0.0.1:8233/namespaces/default/workflows/host-service%3Aoutbox-relay"
           *       }
           *     }
           */
          'application/json': components['schemas']['HostedService'];
          /** @example <!doctype html>… */
          'text/html': string;
        };
      };
      400: components['responses']['ValidationFailed'];
      401: components['responses']['Unauthorized'];
      404: components['responses']['NotFound'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['DatabaseUnavailable'];
    };
  };
  pauseService: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The request was accepted. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "outbox-relay",
           *       "jobId": "host-service:outbox-relay",
           *       "description": "Starts jobs that were committed but have not started yet.",
           *       "state": "paused",
           *       "busy": false,
           *       "worker": "worker-1:4711",
           *       "workers": [],
           *       "since": null,
           *       "processed": 1204,
           *       "failed": 0,
           *       "lastActivityAt": "2026-03-02T09:16:00.000Z",
           *       "lastError": null,
           *       "pausedAt": "2026-03-02T09:20:00.000Z",
           *       "links": {
           *         "self": "/api/services/outbox-relay",
           *         "job": "/api/jobs/host-service:outbox-relay",
           *         "ui": "http://127.0.0.1:8233/namespaces/default/workflows/host-service%3Aoutbox-relay"
           *       }
           *     }
           */
          'application/json': components['schemas']['HostedService'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      404: components['responses']['NotFound'];
      408: components['responses']['UploadStalled'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['EngineUnavailableOrDatabaseUnavailable'];
    };
  };
  resumeService: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The request was accepted. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "outbox-relay",
           *       "jobId": "host-service:outbox-relay",
           *       "description": "Starts jobs that were committed but have not started yet.",
           *       "state": "waiting_for_worker",
           *       "busy": false,
           *       "worker": "worker-1:4711",
           *       "workers": [],
           *       "since": "2026-03-02T07:00:02.000Z",
           *       "processed": 1204,
           *       "failed": 0,
           *       "lastActivityAt": "2026-03-02T09:16:00.000Z",
           *       "lastError": null,
           *       "pausedAt": null,
           *       "links": {
           *         "self": "/api/services/outbox-relay",
           *         "job": "/api/jobs/host-service:outbox-relay",
           *         "ui": "http://127.0.0.1:8233/namespaces/default/workflows/host-service%3Aoutbox-relay"
           *       }
           *     }
           */
          'application/json': components['schemas']['HostedService'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      404: components['responses']['NotFound'];
      408: components['responses']['UploadStalled'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['EngineUnavailableOrDatabaseUnavailable'];
    };
  };
  listWorkItems: {
    parameters: {
      query?: {
        limit?: number;
        cursor?: string;
        status?: 'pending' | 'running' | 'completed' | 'dead';
        kind?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of items. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "id": "f5a1e2d3-9b4c-4d6e-8f70-1a2b3c4d5e6f",
           *           "kind": "any",
           *           "payload": {},
           *           "status": "dead",
           *           "attempts": 5,
           *           "retryCount": 4,
           *           "maximumAttempts": 5,
           *           "notBefore": "2026-03-02T09:15:00.000Z",
           *           "leaseExpiresAt": null,
           *           "lastError": {
           *             "code": "not_found",
           *             "message": "The row that the item names does not exist.",
           *             "at": "2026-03-02T09:18:05.000Z"
           *           },
           *           "dedupeKey": "request-4711",
           *           "priority": 3,
           *           "fairness": null,
           *           "result": null,
           *           "omitted": [],
           *           "createdAt": "2026-03-02T09:15:00.000Z",
           *           "startedAt": "2026-03-02T09:18:05.000Z",
           *           "endedAt": "2026-03-02T09:18:05.000Z",
           *           "links": {
           *             "self": "/api/work-items/f5a1e2d3-9b4c-4d6e-8f70-1a2b3c4d5e6f"
           *           }
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['WorkItem'][];
            /** @description Pass it as `cursor` to get the next page; null on the last page. */
            nextCursor: string | null;
          };
          /** @example <!doctype html>… */
          'text/html': string;
        };
      };
      400: components['responses']['ValidationFailed'];
      401: components['responses']['Unauthorized'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['DatabaseUnavailable'];
    };
  };
  enqueueWork: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['EnqueueWork'];
      };
    };
    responses: {
      /** @description An item with this key already exists. */
      200: {
        headers: {
          /** @description The item. */
          Location: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "f5a1e2d3-9b4c-4d6e-8f70-1a2b3c4d5e6f",
           *       "kind": "any",
           *       "payload": {},
           *       "status": "pending",
           *       "attempts": 0,
           *       "retryCount": 0,
           *       "maximumAttempts": 5,
           *       "notBefore": "2026-03-02T09:15:00.000Z",
           *       "leaseExpiresAt": null,
           *       "lastError": null,
           *       "dedupeKey": "request-4711",
           *       "priority": 3,
           *       "fairness": null,
           *       "result": null,
           *       "omitted": [],
           *       "createdAt": "2026-03-02T09:15:00.000Z",
           *       "startedAt": null,
           *       "endedAt": null,
           *       "links": {
           *         "self": "/api/work-items/f5a1e2d3-9b4c-4d6e-8f70-1a2b3c4d5e6f"
           *       }
           *     }
           */
          'application/json': components['schemas']['WorkItem'];
        };
      };
      /** @description The item is enqueued. */
      201: {
        headers: {
          /** @description The item. */
          Location: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "f5a1e2d3-9b4c-4d6e-8f70-1a2b3c4d5e6f",
           *       "kind": "any",
           *       "payload": {},
           *       "status": "pending",
           *       "attempts": 0,
           *       "retryCount": 0,
           *       "maximumAttempts": 5,
           *       "notBefore": "2026-03-02T09:15:00.000Z",
           *       "leaseExpiresAt": null,
           *       "lastError": null,
           *       "dedupeKey": "request-4711",
           *       "priority": 3,
           *       "fairness": null,
           *       "result": null,
           *       "omitted": [],
           *       "createdAt": "2026-03-02T09:15:00.000Z",
           *       "startedAt": null,
           *       "endedAt": null,
           *       "links": {
           *         "self": "/api/work-items/f5a1e2d3-9b4c-4d6e-8f70-1a2b3c4d5e6f"
           *       }
           *     }
           */
          'application/json': components['schemas']['WorkItem'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      408: components['responses']['UploadStalled'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      422: components['responses']['DedupeKeyReused'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['DatabaseUnavailable'];
    };
  };
  summariseWork: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The counts of each kind. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "kind": "any",
           *           "known": true,
           *           "pending": 12,
           *           "running": 4,
           *           "dead": 1,
           *           "due": 12,
           *           "oldestDueAgeMs": 1840
           *         }
           *       ]
           *     }
           */
          'application/json': {
            items: components['schemas']['WorkBacklog'][];
          };
        };
      };
      400: components['responses']['ValidationFailed'];
      401: components['responses']['Unauthorized'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['DatabaseUnavailable'];
    };
  };
  requeueDeadWork: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "kind": "any"
         *     }
         */
        'application/json': {
          kind: string;
        };
      };
    };
    responses: {
      /** @description The bulk job is queued. */
      202: {
        headers: {
          /** @description The bulk job. */
          Location: string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12",
           *       "jobId": "process-bulk:c2b5f0d4-7a63-4d1b-9e8f-2a4c6e8f0b12",
           *       "status": "queued",
           *       "total": 1
           *     }
           */
          'application/json': {
            /** Format: uuid */
            id: string;
            jobId: string;
            /** @constant */
            status: 'queued';
            total: number;
          };
        };
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      408: components['responses']['UploadStalled'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['DatabaseUnavailable'];
    };
  };
  getWorkItem: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The item. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "f5a1e2d3-9b4c-4d6e-8f70-1a2b3c4d5e6f",
           *       "kind": "any",
           *       "payload": {},
           *       "status": "dead",
           *       "attempts": 5,
           *       "retryCount": 4,
           *       "maximumAttempts": 5,
           *       "notBefore": "2026-03-02T09:15:00.000Z",
           *       "leaseExpiresAt": null,
           *       "lastError": {
           *         "code": "not_found",
           *         "message": "The row that the item names does not exist.",
           *         "at": "2026-03-02T09:18:05.000Z"
           *       },
           *       "dedupeKey": "request-4711",
           *       "priority": 3,
           *       "fairness": null,
           *       "result": null,
           *       "omitted": [],
           *       "createdAt": "2026-03-02T09:15:00.000Z",
           *       "startedAt": "2026-03-02T09:18:05.000Z",
           *       "endedAt": "2026-03-02T09:18:05.000Z",
           *       "links": {
           *         "self": "/api/work-items/f5a1e2d3-9b4c-4d6e-8f70-1a2b3c4d5e6f"
           *       }
           *     }
           */
          'application/json': components['schemas']['WorkItem'];
          /** @example <!doctype html>… */
          'text/html': string;
        };
      };
      400: components['responses']['ValidationFailed'];
      401: components['responses']['Unauthorized'];
      404: components['responses']['NotFound'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['DatabaseUnavailable'];
    };
  };
  discardWorkItem: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The item is deleted. */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      404: components['responses']['NotFound'];
      408: components['responses']['UploadStalled'];
      409: components['responses']['WorkItemNotDeletable'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['DatabaseUnavailable'];
    };
  };
  requeueWorkItem: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The item is pending again. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "f5a1e2d3-9b4c-4d6e-8f70-1a2b3c4d5e6f",
           *       "kind": "any",
           *       "payload": {},
           *       "status": "pending",
           *       "attempts": 0,
           *       "retryCount": 0,
           *       "maximumAttempts": 5,
           *       "notBefore": "2026-03-02T09:15:00.000Z",
           *       "leaseExpiresAt": null,
           *       "lastError": null,
           *       "dedupeKey": "request-4711",
           *       "priority": 3,
           *       "fairness": null,
           *       "result": null,
           *       "omitted": [],
           *       "createdAt": "2026-03-02T09:15:00.000Z",
           *       "startedAt": null,
           *       "endedAt": null,
           *       "links": {
           *         "self": "/api/work-items/f5a1e2d3-9b4c-4d6e-8f70-1a2b3c4d5e6f"
           *       }
           *     }
           */
          'application/json': components['schemas']['WorkItem'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      404: components['responses']['NotFound'];
      408: components['responses']['UploadStalled'];
      409: components['responses']['WorkItemNotDead'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['DatabaseUnavailable'];
    };
  };
  listEmails: {
    parameters: {
      query?: {
        limit?: number;
        cursor?: string;
        status?: 'pending' | 'sent' | 'dead' | 'withdrawn';
        sender?: 'job' | 'service';
        userId?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of emails. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "id": "5b0f6f0e-7a3a-4a53-9f5e-2f1f0c7d9b11",
           *           "template": "message",
           *           "status": "dead",
           *           "sender": "service",
           *           "recipient": "a***@example.com",
           *           "userId": null,
           *           "messageId": "4a3c3468-592c-448b-8501-a3a635964088@durable-jobs",
           *           "attempts": 1,
           *           "lastError": "the mail server refused the email (EENVELOPE 550)",
           *           "createdAt": "2026-03-02T09:16:00.000Z",
           *           "nextAttemptAt": null,
           *           "sentAt": null,
           *           "links": {
           *             "self": "/api/emails/5b0f6f0e-7a3a-4a53-9f5e-2f1f0c7d9b11"
           *           }
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['Email'][];
            /** @description Pass it as `cursor` to get the next page; null on the last page. */
            nextCursor: string | null;
          };
          /** @example <!doctype html>… */
          'text/html': string;
        };
      };
      400: components['responses']['ValidationFailed'];
      401: components['responses']['Unauthorized'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['DatabaseUnavailable'];
    };
  };
  getEmail: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The email. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "5b0f6f0e-7a3a-4a53-9f5e-2f1f0c7d9b11",
           *       "template": "message",
           *       "status": "dead",
           *       "sender": "service",
           *       "recipient": "a***@example.com",
           *       "userId": null,
           *       "messageId": "4a3c3468-592c-448b-8501-a3a635964088@durable-jobs",
           *       "attempts": 1,
           *       "lastError": "the mail server refused the email (EENVELOPE 550)",
           *       "createdAt": "2026-03-02T09:16:00.000Z",
           *       "nextAttemptAt": null,
           *       "sentAt": null,
           *       "links": {
           *         "self": "/api/emails/5b0f6f0e-7a3a-4a53-9f5e-2f1f0c7d9b11"
           *       }
           *     }
           */
          'application/json': components['schemas']['Email'];
          /** @example <!doctype html>… */
          'text/html': string;
        };
      };
      400: components['responses']['ValidationFailed'];
      401: components['responses']['Unauthorized'];
      404: components['responses']['NotFound'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['DatabaseUnavailable'];
    };
  };
  requeueEmail: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The email is pending again. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "5b0f6f0e-7a3a-4a53-9f5e-2f1f0c7d9b11",
           *       "template": "message",
           *       "status": "pending",
           *       "sender": "service",
           *       "recipient": "a***@example.com",
           *       "userId": null,
           *       "messageId": "4a3c3468-592c-448b-8501-a3a635964088@durable-jobs",
           *       "attempts": 0,
           *       "lastError": "the mail server refused the email (EENVELOPE 550)",
           *       "createdAt": "2026-03-02T09:16:00.000Z",
           *       "nextAttemptAt": "2026-03-02T10:00:00.000Z",
           *       "sentAt": null,
           *       "links": {
           *         "self": "/api/emails/5b0f6f0e-7a3a-4a53-9f5e-2f1f0c7d9b11"
           *       }
           *     }
           */
          'application/json': components['schemas']['Email'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      404: components['responses']['NotFound'];
      408: components['responses']['UploadStalled'];
      409: components['responses']['EmailNotDeadOrEmailOfJob'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['DatabaseUnavailable'];
    };
  };
  listDeadLetters: {
    parameters: {
      query?: {
        limit?: number;
        cursor?: string;
        status?: 'open' | 'requeued' | 'discarded';
        code?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of dead letters, without their bodies. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "id": "e7a9b1c3-2d4f-4e60-9a8b-7c6d5e4f3a21",
           *           "queue": "incoming",
           *           "status": "open",
           *           "reason": {
           *             "code": "validation_failed",
           *             "message": "name: Too small: expected string to have >=1 characters"
           *           },
           *           "messageId": "6a1f3c52-3a7e-4a6c-8f0b-1d2f9f0f4c10",
           *           "correlationId": null,
           *           "contentType": "application/json",
           *           "properties": {},
           *           "times": 1,
           *           "firstSeenAt": "2026-03-02T09:20:00.000Z",
           *           "lastSeenAt": "2026-03-02T09:20:00.000Z",
           *           "resolvedAt": null,
           *           "discardReason": null,
           *           "omitted": [],
           *           "links": {
           *             "self": "/api/dead-letters/e7a9b1c3-2d4f-4e60-9a8b-7c6d5e4f3a21"
           *           },
           *           "bytes": 174
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['DeadLetterInList'][];
            /** @description Pass it as `cursor` to get the next page; null on the last page. */
            nextCursor: string | null;
          };
          /** @example <!doctype html>… */
          'text/html': string;
        };
      };
      400: components['responses']['ValidationFailed'];
      401: components['responses']['Unauthorized'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['DatabaseUnavailable'];
    };
  };
  getDeadLetter: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The dead letter. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "e7a9b1c3-2d4f-4e60-9a8b-7c6d5e4f3a21",
           *       "queue": "incoming",
           *       "status": "open",
           *       "reason": {
           *         "code": "validation_failed",
           *         "message": "name: Too small: expected string to have >=1 characters"
           *       },
           *       "messageId": "6a1f3c52-3a7e-4a6c-8f0b-1d2f9f0f4c10",
           *       "correlationId": null,
           *       "contentType": "application/json",
           *       "properties": {},
           *       "times": 1,
           *       "firstSeenAt": "2026-03-02T09:20:00.000Z",
           *       "lastSeenAt": "2026-03-02T09:20:00.000Z",
           *       "resolvedAt": null,
           *       "discardReason": null,
           *       "omitted": [],
           *       "links": {
           *         "self": "/api/dead-letters/e7a9b1c3-2d4f-4e60-9a8b-7c6d5e4f3a21"
           *       },
           *       "body": {
           *         "encoding": "utf8",
           *         "content": "{\"name\":\"\"}"
           *       }
           *     }
           */
          'application/json': components['schemas']['DeadLetterWithBody'];
          /** @example <!doctype html>… */
          'text/html': string;
        };
      };
      400: components['responses']['ValidationFailed'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      404: components['responses']['NotFound'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['DatabaseUnavailable'];
    };
  };
  requeueDeadLetter: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The message will be published. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "e7a9b1c3-2d4f-4e60-9a8b-7c6d5e4f3a21",
           *       "queue": "incoming",
           *       "status": "requeued",
           *       "reason": {
           *         "code": "validation_failed",
           *         "message": "name: Too small: expected string to have >=1 characters"
           *       },
           *       "messageId": "6a1f3c52-3a7e-4a6c-8f0b-1d2f9f0f4c10",
           *       "correlationId": null,
           *       "contentType": "application/json",
           *       "properties": {},
           *       "times": 1,
           *       "firstSeenAt": "2026-03-02T09:20:00.000Z",
           *       "lastSeenAt": "2026-03-02T09:20:00.000Z",
           *       "resolvedAt": "2026-03-02T10:00:00.000Z",
           *       "discardReason": null,
           *       "omitted": [],
           *       "links": {
           *         "self": "/api/dead-letters/e7a9b1c3-2d4f-4e60-9a8b-7c6d5e4f3a21"
           *       }
           *     }
           */
          'application/json': components['schemas']['DeadLetter'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      404: components['responses']['NotFound'];
      408: components['responses']['UploadStalled'];
      409: components['responses']['DeadLetterClosed'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['DatabaseUnavailable'];
    };
  };
  discardDeadLetter: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "reason": "It was a test message."
         *     }
         */
        'application/json': {
          reason: string;
        };
      };
    };
    responses: {
      /** @description The dead letter is discarded; it is deleted after `MESSAGE_RETENTION`. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "e7a9b1c3-2d4f-4e60-9a8b-7c6d5e4f3a21",
           *       "queue": "incoming",
           *       "status": "discarded",
           *       "reason": {
           *         "code": "validation_failed",
           *         "message": "name: Too small: expected string to have >=1 characters"
           *       },
           *       "messageId": "6a1f3c52-3a7e-4a6c-8f0b-1d2f9f0f4c10",
           *       "correlationId": null,
           *       "contentType": "application/json",
           *       "properties": {},
           *       "times": 1,
           *       "firstSeenAt": "2026-03-02T09:20:00.000Z",
           *       "lastSeenAt": "2026-03-02T09:20:00.000Z",
           *       "resolvedAt": "2026-03-02T10:00:00.000Z",
           *       "discardReason": "It was a test message.",
           *       "omitted": [],
           *       "links": {
           *         "self": "/api/dead-letters/e7a9b1c3-2d4f-4e60-9a8b-7c6d5e4f3a21"
           *       }
           *     }
           */
          'application/json': components['schemas']['DeadLetter'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      404: components['responses']['NotFound'];
      408: components['responses']['UploadStalled'];
      409: components['responses']['DeadLetterClosed'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['DatabaseUnavailable'];
    };
  };
  listAuditEntries: {
    parameters: {
      query?: {
        limit?: number;
        cursor?: string;
        who?: string;
        what?: string;
        from?: string;
        to?: string;
        outcome?: 'done' | 'refused' | 'failed' | 'unknown';
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of entries. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "id": "4b1d3c5e-8f0a-4c6b-9d2e-7a1f0b3c5d8e",
           *           "at": "2026-03-02T09:00:03.000Z",
           *           "who": {
           *             "id": "5f0c2f1e6c1b",
           *             "name": "Ada"
           *           },
           *           "action": "POST /api/jobs/:id/cancel",
           *           "target": "/api/jobs/send-reminder:4711/cancel",
           *           "params": {
           *             "id": "send-reminder:4711"
           *           },
           *           "reason": "It is no longer needed.",
           *           "outcome": "done",
           *           "status": 202,
           *           "code": null,
           *           "endedAt": "2026-03-02T09:00:04.000Z",
           *           "requestId": "0d7d3c2b-1a90-4d5e-9a43-5f0c2f1e6c1b"
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['AuditEntry'][];
            /** @description Pass it as `cursor` to get the next page; null on the last page. */
            nextCursor: string | null;
          };
          /** @example <!doctype html>… */
          'text/html': string;
        };
      };
      400: components['responses']['ValidationFailed'];
      401: components['responses']['Unauthorized'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['DatabaseUnavailable'];
    };
  };
  listApiKeys: {
    parameters: {
      query?: {
        limit?: number;
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of keys, without their secrets. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "items": [
           *         {
           *           "id": "5f0c2f1e6c1b",
           *           "name": "Ada",
           *           "role": "operator",
           *           "state": "valid",
           *           "createdAt": "2026-03-02T09:00:00.000Z",
           *           "lastUsedAt": "2026-03-02T09:16:00.000Z",
           *           "expiresAt": null,
           *           "revokedAt": null,
           *           "links": {
           *             "audit": "/api/audit?who=5f0c2f1e6c1b"
           *           }
           *         }
           *       ],
           *       "nextCursor": null
           *     }
           */
          'application/json': {
            items: components['schemas']['ApiKey'][];
            /** @description Pass it as `cursor` to get the next page; null on the last page. */
            nextCursor: string | null;
          };
          /** @example <!doctype html>… */
          'text/html': string;
        };
      };
      400: components['responses']['ValidationFailed'];
      401: components['responses']['Unauthorized'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['DatabaseUnavailable'];
    };
  };
  createApiKey: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "name": "Ada",
         *       "role": "operator",
         *       "expiresIn": "90d"
         *     }
         */
        'application/json': {
          /** @description The name of the person or program that will use the key. */
          name: string;
          /** @enum {string} */
          role: 'viewer' | 'operator';
          /** @description How long the key is valid, such as `90d`. By default, it expires together with the key that creates it, or never. */
          expiresIn?: string;
        };
      };
    };
    responses: {
      /** @description The new key. */
      201: {
        headers: {
          /** @description `no-store`. */
          'Cache-Control': string;
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "5f0c2f1e6c1b",
           *       "name": "Ada",
           *       "role": "operator",
           *       "state": "valid",
           *       "createdAt": "2026-03-02T09:00:00.000Z",
           *       "lastUsedAt": null,
           *       "expiresAt": "2026-05-31T09:00:00.000Z",
           *       "revokedAt": null,
           *       "links": {
           *         "audit": "/api/audit?who=5f0c2f1e6c1b"
           *       },
           *       "key": "djk_5f0c2f1e6c1b_<43 letters, digits, dashes and underscores>"
           *     }
           */
          'application/json': components['schemas']['NewApiKey'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      408: components['responses']['UploadStalled'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['DatabaseUnavailable'];
    };
  };
  revokeApiKey: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The revoked key. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "5f0c2f1e6c1b",
           *       "name": "Ada",
           *       "role": "operator",
           *       "state": "revoked",
           *       "createdAt": "2026-03-02T09:00:00.000Z",
           *       "lastUsedAt": "2026-03-02T09:16:00.000Z",
           *       "expiresAt": null,
           *       "revokedAt": "2026-03-02T09:20:00.000Z",
           *       "links": {
           *         "audit": "/api/audit?who=5f0c2f1e6c1b"
           *       }
           *     }
           */
          'application/json': components['schemas']['ApiKey'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      404: components['responses']['NotFound'];
      408: components['responses']['UploadStalled'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['DatabaseUnavailable'];
    };
  };
  decodePayloads: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "payloads": [
         *         {
         *           "metadata": {
         *             "encoding": "YmluYXJ5L2VuY3J5cHRlZA==",
         *             "encryption-key-id": "azE="
         *           },
         *           "data": "AAAA"
         *         }
         *       ]
         *     }
         */
        'application/json': components['schemas']['Payloads'];
      };
    };
    responses: {
      /** @description The decrypted payloads. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "payloads": [
           *         {
           *           "metadata": {
           *             "encoding": "anNvbi9wbGFpbg=="
           *           },
           *           "data": "ImhlbGxvIg=="
           *         }
           *       ]
           *     }
           */
          'application/json': components['schemas']['PayloadsOutput'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['CrossOriginRequest'];
      404: components['responses']['NotFound'];
      408: components['responses']['UploadStalled'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
    };
  };
  encodePayloads: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "payloads": [
         *         {
         *           "metadata": {
         *             "encoding": "anNvbi9wbGFpbg=="
         *           },
         *           "data": "ImhlbGxvIg=="
         *         }
         *       ]
         *     }
         */
        'application/json': components['schemas']['Payloads'];
      };
    };
    responses: {
      /** @description The encrypted payloads. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "payloads": [
           *         {
           *           "metadata": {
           *             "encoding": "YmluYXJ5L2VuY3J5cHRlZA==",
           *             "encryption-key-id": "azE="
           *           },
           *           "data": "AAAA"
           *         }
           *       ]
           *     }
           */
          'application/json': components['schemas']['PayloadsOutput'];
        };
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['ForbiddenOrCrossOriginRequest'];
      404: components['responses']['NotFound'];
      408: components['responses']['UploadStalled'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
    };
  };
  getQueues: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The workers and queues. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "taskQueues": [
           *         {
           *           "queue": "jobs",
           *           "kind": "workflow",
           *           "waiting": 0,
           *           "workers": [
           *             {
           *               "worker": "4711@worker-1",
           *               "version": "1.4.0",
           *               "polling": true,
           *               "lastSeenAt": "2026-03-02T09:16:00.000Z"
           *             }
           *           ]
           *         }
           *       ],
           *       "tables": [
           *         {
           *           "queue": "emails",
           *           "waiting": 2,
           *           "oldestAt": "2026-03-02T09:15:58.000Z"
           *         }
           *       ],
           *       "deployments": [
           *         {
           *           "name": "workers",
           *           "versions": [
           *             {
           *               "buildId": "1.4.0",
           *               "state": "current",
           *               "rampPercent": null,
           *               "createdAt": "2026-03-02T08:00:00.000Z",
           *               "drainedAt": null,
           *               "pinnedJobs": 12,
           *               "movingJobs": 3
           *             }
           *           ]
           *         }
           *       ]
           *     }
           */
          'application/json': components['schemas']['Queues'];
          /** @example <!doctype html>… */
          'text/html': string;
        };
      };
      400: components['responses']['ValidationFailed'];
      401: components['responses']['Unauthorized'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['EngineUnavailableOrDatabaseUnavailable'];
    };
  };
  getHealth: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The process responds. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "status": "ok"
           *     }
           */
          'application/json': {
            /** @constant */
            status: 'ok';
          };
        };
      };
      421: components['responses']['MisdirectedRequest'];
      431: components['responses']['HeadersTooLarge'];
    };
  };
  getReadiness: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Everything is available. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "ready": true,
           *       "checks": {
           *         "database": {
           *           "ok": true
           *         },
           *         "engine": {
           *           "ok": true
           *         },
           *         "taskQueue:jobs": {
           *           "ok": true
           *         }
           *       }
           *     }
           */
          'application/json': components['schemas']['Readiness'];
        };
      };
      421: components['responses']['MisdirectedRequest'];
      431: components['responses']['HeadersTooLarge'];
      /** @description Something is unavailable. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "ready": false,
           *       "checks": {
           *         "database": {
           *           "ok": true
           *         },
           *         "engine": {
           *           "ok": false,
           *           "reason": "timeout"
           *         },
           *         "taskQueue:jobs": {
           *           "ok": false,
           *           "reason": "not_polled"
           *         }
           *       }
           *     }
           */
          'application/json': components['schemas']['Readiness'];
        };
      };
    };
  };
  openHome: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /** @example <!doctype html>… */
          'text/html': string;
        };
      };
      /** @description Redirects a browser without a session to the sign-in page. */
      302: {
        headers: {
          /** @description `/login?next=…` */
          Location: string;
          [name: string]: unknown;
        };
        content?: never;
      };
      401: components['responses']['Unauthorized'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
    };
  };
  openDashboard: {
    parameters: {
      query?: {
        type?: string;
        status?: 'scheduled' | 'running' | 'completed' | 'failed' | 'cancelled' | 'terminated';
        job?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Redirects to the Web UI, or to the sign-in page. */
      302: {
        headers: {
          /** @description The view. */
          Location: string;
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['ValidationFailed'];
      401: components['responses']['Unauthorized'];
      421: components['responses']['MisdirectedRequest'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
    };
  };
  getApiDocument: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OpenAPI 3.1. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "openapi": "3.1.1"
           *     }
           */
          'application/json': {
            openapi: string;
          } & {
            [key: string]: unknown;
          };
        };
      };
      421: components['responses']['MisdirectedRequest'];
      431: components['responses']['HeadersTooLarge'];
    };
  };
  openDocs: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /** @example <!doctype html>… */
          'text/html': string;
        };
      };
      421: components['responses']['MisdirectedRequest'];
      431: components['responses']['HeadersTooLarge'];
    };
  };
  openSignIn: {
    parameters: {
      query?: {
        next?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /** @example <!doctype html>… */
          'text/html': string;
        };
      };
      400: components['responses']['ValidationFailed'];
      421: components['responses']['MisdirectedRequest'];
      431: components['responses']['HeadersTooLarge'];
    };
  };
  signIn: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "key": "djk_…",
         *       "next": "/"
         *     }
         */
        'application/x-www-form-urlencoded': {
          key: string;
          next?: string;
        };
      };
    };
    responses: {
      /** @description Redirects to the requested page, and sets the cookie. */
      303: {
        headers: {
          /** @description A path of this service. */
          Location: string;
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['ValidationFailedOrInvalidJson'];
      /** @description The page again: the key is not valid. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /** @example <!doctype html>… */
          'text/html': string;
        };
      };
      403: components['responses']['CrossOriginRequest'];
      408: components['responses']['UploadStalled'];
      413: components['responses']['PayloadTooLarge'];
      415: components['responses']['UnsupportedMediaType'];
      421: components['responses']['MisdirectedRequest'];
      /** @description The page again, because there were too many wrong keys. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          /** @example <!doctype html>… */
          'text/html': string;
        };
      };
      431: components['responses']['HeadersTooLarge'];
    };
  };
  signOut: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Redirects to the sign-in page. */
      303: {
        headers: {
          /** @description `/login` */
          Location: string;
          [name: string]: unknown;
        };
        content?: never;
      };
      403: components['responses']['CrossOriginRequest'];
      421: components['responses']['MisdirectedRequest'];
      431: components['responses']['HeadersTooLarge'];
    };
  };
}
