import { auditFieldScopes, auditResolvers } from '../../modules/audit/audit.resolvers.ts';
import { TypeOrmAuditStore } from '../../modules/audit/audit.store.typeorm.ts';
import { AuditLog, keptTypes } from '../../modules/audit/index.ts';
import type { Feature } from '../feature.ts';
import type { Parts } from '../parts.ts';
import { userLoaders } from './users.ts';

export const auditLog = ({ database, eventCatalogue, config }: Parts) =>
  new AuditLog({ store: new TypeOrmAuditStore(database, keptTypes(eventCatalogue)), ...config.audit });

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
