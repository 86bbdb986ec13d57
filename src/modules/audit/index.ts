export type { AuditEvent } from './audit-event.ts';
export { keptTypes, parseAuditFilter } from './audit-filter.ts';
export { AuditLog } from './audit-log.ts';
