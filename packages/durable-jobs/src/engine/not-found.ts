/** Whether the engine responded with NOT_FOUND (gRPC status 5). */
export function isNotFound(error: unknown): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === 5;
}
