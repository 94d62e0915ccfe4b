/** The library's own task queues: `jobs` has workflows and light activities, `bulk` the batches of bulk jobs. */
export const libraryQueues = { jobs: 'jobs', bulk: 'bulk' } as const;
