import { Init1763780000000 } from './1763780000000-init.ts';
import { SessionSweeps1763790000000 } from './1763790000000-session-sweeps.ts';
import { PersonalAccessTokens1763800000000 } from './1763800000000-personal-access-tokens.ts';
import { LateRepeats1764200000000 } from './1764200000000-late-repeats.ts';
import { AuthenticationMethods1764300000000 } from './1764300000000-authentication-methods.ts';
import { RevocationsFromEvents1764310000000 } from './1764310000000-revocations-from-events.ts';
import { Lockouts1764500000000 } from './1764500000000-lockouts.ts';
import { Mail1764600000000 } from './1764600000000-mail.ts';
import { Bounces1764650000000 } from './1764650000000-bounces.ts';
import { UserSearch1764700000000 } from './1764700000000-user-search.ts';
import { UserIndexes1764710000000 } from './1764710000000-user-indexes.ts';
import { AuditLog1764800000000 } from './1764800000000-audit-log.ts';
import { ProvisionedUsers1764900000000 } from './1764900000000-provisioned-users.ts';
import { StreamedEvents1765000000000 } from './1765000000000-streamed-events.ts';
import { KeptOutcomes1765100000000 } from './1765100000000-kept-outcomes.ts';
import { SessionRevisions1765200000000 } from './1765200000000-session-revisions.ts';
import { ServiceClients1765300000000 } from './1765300000000-service-clients.ts';

/** Listed, not globbed: the same under tsx, jest and the compiled build. */
export const migrations = [
  Init1763780000000,
  SessionSweeps1763790000000,
  PersonalAccessTokens1763800000000,
  LateRepeats1764200000000,
  AuthenticationMethods1764300000000,
  RevocationsFromEvents1764310000000,
  Lockouts1764500000000,
  Mail1764600000000,
  Bounces1764650000000,
  UserSearch1764700000000,
  UserIndexes1764710000000,
  AuditLog1764800000000,
  ProvisionedUsers1764900000000,
  StreamedEvents1765000000000,
  KeptOutcomes1765100000000,
  SessionRevisions1765200000000,
  ServiceClients1765300000000,
];
