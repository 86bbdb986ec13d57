import { EntitySchema } from 'typeorm';
import type { PersonalRows } from '../../platform/database/personal-rows.ts';
import type { ReadAt } from '../../platform/database/table.ts';
import type { AuthenticationMethod } from './authentication-method.ts';
import type { Session } from './session.ts';

export interface SessionRow extends Omit<Session, 'readAt' | 'authenticationMethods'> {
  /** Read by replicas of the previous version; filled by its default. */
  readonly authenticatedAt: Date;
  readonly authenticationMethods: readonly StoredMethod[];
}

type StoredMethod = Omit<AuthenticationMethod, 'completedAt'> & { readonly completedAt: string };

export const SessionEntity = new EntitySchema<SessionRow>({
  name: 'Session',
  tableName: 'sessions',
  columns: {
    id: { type: 'uuid', primary: true, primaryKeyConstraintName: 'sessions_pkey' },
    userId: { name: 'user_id', type: 'uuid' },
    refreshSalt: { name: 'refresh_salt', type: 'bytea' },
    refreshTokenTransport: { name: 'refresh_token_transport', type: 'text' },
    generation: { type: 'integer', default: 0 },
    confirmedGeneration: { name: 'confirmed_generation', type: 'integer', default: 0 },
    rotatedAt: { name: 'rotated_at', type: 'timestamptz', precision: 3, nullable: true },
    rotatedIpAddress: { name: 'rotated_ip_address', type: 'inet', nullable: true },
    rotatedUserAgent: { name: 'rotated_user_agent', type: 'text', nullable: true },
    lateRepeatedAt: {
      name: 'late_repeated_at',
      type: 'timestamptz',
      array: true,
      default: () => "'{}'",
    },
    previousRotatedAt: { name: 'previous_rotated_at', type: 'timestamptz', precision: 3, nullable: true },
    ipAddress: { name: 'ip_address', type: 'inet', nullable: true },
    userAgent: { name: 'user_agent', type: 'text', nullable: true },
    authenticatedAt: { name: 'authenticated_at', type: 'timestamptz', precision: 3, default: () => 'now()' },
    authenticationMethods: {
      name: 'authentication_methods',
      type: 'jsonb',
      default: () => "jsonb_build_array(jsonb_build_object('method', 'pwd', 'completedAt', now()))",
    },
    createdAt: { name: 'created_at', type: 'timestamptz', precision: 3, default: () => 'now()' },
    lastActiveAt: { name: 'last_active_at', type: 'timestamptz', precision: 3, default: () => 'now()' },
    expiresAt: { name: 'expires_at', type: 'timestamptz', precision: 3 },
    endedAt: { name: 'ended_at', type: 'timestamptz', precision: 3, nullable: true },
    endReason: { name: 'end_reason', type: 'text', nullable: true },
    revision: { type: 'integer', default: 0 },
  },
  indices: [
    { name: 'sessions_user_live_idx', columns: ['userId', 'createdAt'], where: 'ended_at IS NULL' },
    { name: 'sessions_user_activity_idx', columns: ['userId', 'lastActiveAt', 'id'] },
    { name: 'sessions_live_activity_idx', columns: ['lastActiveAt', 'id'], where: 'ended_at IS NULL' },
    { name: 'sessions_ended_activity_idx', columns: ['lastActiveAt', 'id'], where: 'ended_at IS NOT NULL' },
    { name: 'sessions_activity_idx', columns: ['lastActiveAt', 'id'] },
    { name: 'sessions_address_idx', columns: ['ipAddress', 'lastActiveAt', 'id'] },
    { name: 'sessions_expiry_idx', columns: ['expiresAt'], where: 'ended_at IS NULL' },
    { name: 'sessions_ended_at_idx', columns: ['endedAt'], where: 'ended_at IS NOT NULL' },
  ],
  checks: [
    { name: 'sessions_ended_check', expression: '(ended_at IS NULL) = (end_reason IS NULL)' },
    { name: 'sessions_transport_check', expression: `refresh_token_transport IN ('BODY', 'COOKIE')` },
  ],
  // No foreign key: for some minutes the sessions of a deleted account remain, since streams report their end.
});

export const personalSessions: PersonalRows = {
  entity: SessionEntity,
  where: 'user_id = $1',
  parametersOf: ({ id }) => [id],
  withheld: ['refreshSalt'],
};

/** JSON has no dates. */
export function toSession({ authenticationMethods, ...row }: SessionRow & ReadAt): Session {
  return {
    ...row,
    authenticationMethods: authenticationMethods.map(({ method, completedAt }) => ({
      method,
      completedAt: new Date(completedAt),
    })),
  };
}
