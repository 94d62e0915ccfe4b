export const sourceFlag: string;
export const typescriptFlags: readonly string[];
