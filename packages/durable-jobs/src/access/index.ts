/** Access control: keys, sessions, roles, and the audit trail. */
export { auditDocs } from './audit-docs.ts';
export { keyDocs } from './key-docs.ts';
export { auditCommand } from './command-audit.ts';
export { createLockout } from './lockout.ts';
