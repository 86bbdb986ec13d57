import { setTimeout } from 'node:timers/promises';
import { withStorage } from '../../src/app/app.ts';
import { noBus } from '../../src/app/bus.ts';
import { userAdministration } from '../../src/app/features/administration.ts';
import { authenticateToken, authentication } from '../../src/app/features/authentication.ts';
import { cleanup } from '../../src/app/features/cleanup.ts';
import { emailVerification } from '../../src/app/features/email-addresses.ts';
import { knownDevices } from '../../src/app/features/known-devices.ts';
import { lockouts } from '../../src/app/features/lockout.ts';
import { lostEnds } from '../../src/app/features/lost-ends.ts';
import { bounces, deferredRequests, mailQueue, mailSender, mailStore } from '../../src/app/features/mail.ts';
import { oneTimeTokens } from '../../src/app/features/one-time-tokens.ts';
import {
  passwordAdministration,
  passwordReset,
  passwordService,
  signupService,
} from '../../src/app/features/passwords.ts';
import {
  expiryNotices,
  personalAccessTokenService,
  tokenUsage,
} from '../../src/app/features/personal-access-tokens.ts';
import { revocationList } from '../../src/app/features/revocations.ts';
import { serviceClientAdministration } from '../../src/app/features/service-clients.ts';
import {
  refreshService,
  sessionActivity,
  sessionService,
  sessionSweep,
} from '../../src/app/features/sessions.ts';
import { sessionLimits } from '../../src/app/features/shared.ts';
import { signInService } from '../../src/app/features/sign-in.ts';
import { userImport } from '../../src/app/features/user-import.ts';
import { Parts } from '../../src/app/parts.ts';
import { loadConfig } from '../../src/config/config.ts';
import { systemClock as clock } from '../../src/core/clock.ts';
import type { HashPool } from '../../src/modules/passwords/index.ts';
import { decoyHash } from '../../src/modules/passwords/password-hash.ts';
import { MemoryRateLimiter } from '../../src/platform/rate-limiter/memory-rate-limiter.ts';
import { createTestDatabase } from './database.ts';
import { silentLogger as logger } from './logger.ts';
import { RecordingMail } from './recording-mail.ts';
import { newSecrets } from './secrets.ts';

interface TestServices {
  readonly services: Services;
  readonly databaseUrl: string;
}

/**
 * The use cases on a real database of their own, without a server in front, for as long as `work` takes. Every password
 * is right, and costs nothing, unless `pool` differs; what waits does so for real unless `delay` differs.
 */
export async function withTestServices<T>(
  env: Readonly<Record<string, string>>,
  work: (parts: TestServices) => Promise<T>,
  pool: HashPool = freePool,
  delay: (ms: number) => Promise<unknown> = setTimeout,
): Promise<T> {
  const { url: databaseUrl, drop } = await createTestDatabase();
  const config = loadConfig({
    NODE_ENV: 'test',
    DATABASE_URL: databaseUrl,
    // On a busy machine.
    DATABASE_TIMEOUT_SECONDS: '30',
    MIGRATE_ON_START: 'false',
    ...newSecrets(),
    ...env,
  });
  try {
    return await withStorage(config, logger, (database) =>
      work({
        services: servicesOf(
          new Parts({
            config,
            database,
            bus: noBus,
            limiter: new MemoryRateLimiter(),
            mail: new RecordingMail(),
            pool,
            clock,
            logger,
            delay,
          }),
        ),
        databaseUrl,
      }),
    );
  } finally {
    await drop();
  }
}

export type Services = ReturnType<typeof servicesOf>;

/** The services that tests call without a server in front. */
export const servicesOf = (parts: Parts) => ({
  activity: parts.get(sessionActivity),
  authenticateToken: parts.get(authenticateToken),
  authentication: parts.get(authentication),
  bounces: parts.get(bounces),
  cleanup: parts.get(cleanup),
  deferred: parts.get(deferredRequests),
  mails: parts.get(mailQueue),
  mailSender: parts.get(mailSender),
  mailStore: parts.get(mailStore),
  /** As that of another instance. */
  mailSenderElsewhere: mailSender(parts),
  transport: parts.mail as RecordingMail,
  oneTimeTokens: parts.get(oneTimeTokens),
  unitOfWork: parts.database,
  expiryNotices: parts.get(expiryNotices),
  events: parts.events,
  limits: parts.get(sessionLimits),
  personalAccessTokens: parts.get(personalAccessTokenService),
  refreshes: parts.get(refreshService),
  revocations: parts.get(revocationList),
  /** Remembers sessions of its own, as that of another instance. */
  refreshesElsewhere: refreshService(parts),
  serviceClients: parts.get(serviceClientAdministration),
  sessions: parts.get(sessionService),
  passwordAdministration: parts.get(passwordAdministration),
  knownDevices: parts.get(knownDevices),
  lockout: parts.get(lockouts),
  lostEnds: parts.get(lostEnds),
  passwords: parts.get(passwordService),
  passwordReset: parts.get(passwordReset),
  emailVerification: parts.get(emailVerification),
  signIn: parts.get(signInService),
  signups: parts.get(signupService),
  sweep: parts.get(sessionSweep),
  userAdministration: parts.get(userAdministration),
  usage: parts.get(tokenUsage),
  userImport: parts.get(userImport),
});

export const freePool: HashPool = {
  jobsWaiting: 0,
  hash: async (_input, scheme) => decoyHash(scheme),
  compare: async () => true,
  computes: () => true,
};
