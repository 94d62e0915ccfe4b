export const typescriptFlags: readonly string[];
