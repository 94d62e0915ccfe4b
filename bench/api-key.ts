/** The operators' key of a benchmark's stack, which only listens on this machine. In production, a key has at least 16 characters. */
export const apiKey = 'key-of-the-benchmarks';
