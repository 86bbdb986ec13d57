import { auditFieldScopes, auditResolvers } from '../../modules/audit/audit.resolvers.ts';
import { TypeOrmAuditStore } from '../../modules/audit/audit.store.typeorm.ts';
import { AuditLog, AuditTrail, keptTypes } from '../../modules/audit/index.ts';
import type { Feature } from '../feature.ts';
import type { Parts } from '../parts.ts';
import { userStore } from './shared.ts';
import { userLoaders } from './users.ts';

export { auditJson, auditLine } from '../../modules/audit/index.ts';

const auditStore = ({ database, eventCatalogue }: Parts) =>
  new TypeOrmAuditStore(database, keptTypes(eventCatalogue));

const auditLog = (parts: Parts) => new AuditLog({ store: parts.get(auditStore), ...parts.config.audit });

export const auditTrail = (parts: Parts) =>
  new AuditTrail({
    store: parts.get(auditStore),
    catalogue: parts.eventCatalogue,
    users: parts.get(userStore),
  });

export const audit: Feature = {
  fieldScopes: auditFieldScopes,
  purges: (parts) => [{ what: 'events of the audit log', run: (limit) => parts.get(auditLog).purge(limit) }],
  resolvers: (parts) => [
    auditResolvers({
      auditLog: parts.get(auditLog),
      catalogue: parts.eventCatalogue,
      userLoaders: parts.get(userLoaders),
    }),
  ],
};
