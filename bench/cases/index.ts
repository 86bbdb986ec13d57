import type { Case } from '../lib/case.ts';
import { adminSessions } from './admin-sessions.ts';
import { auditLog } from './audit-log.ts';
import { betterAuth } from './better-auth.ts';
import { console as consoleCase } from './console.ts';
import { defences } from './defences.ts';
import { entities } from './entities.ts';
import { faults } from './faults.ts';
import { growth, volume } from './growth.ts';
import { hostile } from './hostile.ts';
import { imports } from './imports.ts';
import { logins } from './logins.ts';
import { me } from './me.ts';
import { refresh } from './refresh.ts';
import { revocation } from './revocation.ts';
import { startUp } from './start-up.ts';
import { streams } from './streams.ts';
import { timing } from './timing.ts';
import { users } from './users.ts';
import { verifiers } from './verifiers.ts';

/** In the order of the table. */
export const cases: Readonly<Record<string, Case>> = {
  logins,
  me,
  refresh,
  entities,
  revocation,
  verifiers,
  streams,
  growth,
  hostile,
  defences,
  timing,
  adminSessions,
  users,
  startUp,
  faults,
  betterAuth,
};

/** Measured only if it is named. */
export const longCases: Readonly<Record<string, Case>> = { volume, auditLog, imports, console: consoleCase };
