import type { ConnectionView } from '../../graphql/results/connection.ts';
import type { AuditEvent } from './audit-event.ts';

export type AuthEventConnectionView = ConnectionView<AuditEvent>;
