/** Whether the engine's service says that it has no such thing, or not any more: 5 is NOT_FOUND of gRPC. */
export function isNotFound(error: unknown): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === 5;
}
