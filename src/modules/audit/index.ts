export { keptTypes } from './audit-filter.ts';
export { auditJson, auditLine } from './audit-line.ts';
export { AuditLog } from './audit-log.ts';
export { AuditTrail } from './audit-trail.ts';
