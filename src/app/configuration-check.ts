import type { Config } from '../config/config.ts';
import { systemClock } from '../core/clock.ts';
import { OperatorError } from '../core/operator-error.ts';
import type { Logger } from '../core/ports.ts';
import type { Secret } from '../core/secret.ts';
import { SecretRing } from '../core/secret-ring.ts';
import { migrationStates } from '../platform/database/migrate.ts';
import { pingRedis } from '../platform/redis-connection.ts';
import { foreignSecrets } from '../platform/secret-fingerprints.ts';
import { Closers } from './closers.ts';
import { mailTemplates } from './features/mail.ts';
import { passwordStore } from './features/shared.ts';
import { mailTransport } from './mail.ts';
import { databaseFailure } from './start-failures.ts';
import { fingerprintedSecrets, openDatabase } from './storage.ts';

/** What a check of the configuration found. A server does not start with a problem, or not all of it works. */
export interface Finding {
  readonly kind: 'ok' | 'warning' | 'problem';
  readonly text: string;
}

/**
 * Checks a valid configuration against its surroundings: the database, Redis, the mail server and templates. Changes nothing.
 */
export async function* checkConfiguration(config: Config, logger: Logger): AsyncGenerator<Finding> {
  for (const sentence of config.warnings) yield warning(sentence);
  if (config.generatedSecrets.length > 0)
    yield warning(`generated secrets in DATA_DIR are used: ${config.generatedSecrets.join(', ')}`);
  yield* checkDatabase(config, logger);
  yield* checkRedis(config);
  yield* checkMail(config);
}

async function* checkDatabase(config: Config, logger: Logger): AsyncGenerator<Finding> {
  if (config.database === null) {
    yield warning('no DATABASE_URL: an embedded Postgres in DATA_DIR is used, by one instance');
    return;
  }
  const { url } = config.database;
  try {
    const states = await migrationStates(url, logger);
    const pending = states.filter(({ isApplied }) => !isApplied).length;
    yield ok('DATABASE_URL: Postgres answers');
    if (pending === 0) yield ok('all migrations are applied');
    else if (config.migrateOnStart)
      yield warning(`${pending} migrations are pending: the next start applies them`);
    else yield problem(`${pending} migrations are pending: run migrate up, since MIGRATE_ON_START is false`);
    if (pending === 0) yield* await checkStoredSecrets(url, config, logger);
  } catch (error) {
    yield problem(messageOf(databaseFailure(error)));
  }
}

async function checkStoredSecrets(url: Secret, config: Config, logger: Logger): Promise<Finding[]> {
  const closers = new Closers(logger);
  try {
    const database = await openDatabase(url, config, logger, closers);
    const foreign = await foreignSecrets(database, fingerprintedSecrets(config));
    if (foreign !== null) return [problem(foreign.message)];
    const { current, all } = new SecretRing(config.passwords.peppers);
    const counts = await passwordStore({ database }).countByPepper();
    const countOf = (isCounted: (pepperId: string) => boolean) =>
      [...counts].reduce((sum, [id, count]) => sum + (isCounted(id) ? count : 0), 0);
    const lost = countOf((id) => all.every((pepper) => pepper.id !== id));
    const older = countOf((id) => id !== current.id) - lost;
    return [
      lost === 0
        ? ok('the secrets are those that the database was used with')
        : problem(`PASSWORD_PEPPER lacks the pepper of ${lost} passwords: they cannot be verified`),
      ...(older === 0 ? [] : [warning(`${older} passwords are under an older pepper: keep it`)]),
    ];
  } finally {
    await closers.closeAll();
  }
}

async function* checkRedis({ redis }: Config): AsyncGenerator<Finding> {
  if (redis === null) {
    yield warning('no REDIS_URL: only one instance may use the database');
    return;
  }
  try {
    await pingRedis(redis.url);
    yield ok('REDIS_URL: Redis answers');
  } catch (error) {
    yield problem(`REDIS_URL: ${messageOf(error)}`);
  }
}

async function* checkMail(config: Config): AsyncGenerator<Finding> {
  const transport = mailTransport(config, systemClock);
  if (config.mail.smtpUrl === null)
    yield warning(`no SMTP_URL: messages are written into ${transport.destination}`);
  try {
    await transport.check();
    if (config.mail.smtpUrl !== null) yield ok('SMTP_URL: the mail server accepts the connection');
  } catch (error) {
    yield problem(`${config.mail.smtpUrl === null ? 'DATA_DIR' : 'SMTP_URL'}: ${messageOf(error)}`);
  }
  try {
    await mailTemplates({ config });
    if (config.mail.templates !== null) yield ok('MAIL_TEMPLATES: all templates can be used');
  } catch (error) {
    yield problem(messageOf(error));
  }
}

const ok = (text: string): Finding => ({ kind: 'ok', text });
const warning = (text: string): Finding => ({ kind: 'warning', text });
const problem = (text: string): Finding => ({ kind: 'problem', text });

/** Messages of drivers name hosts and ports, and no password; those of several attempts are empty. */
function messageOf(error: unknown): string {
  if (error instanceof OperatorError) return error.message;
  const { message, code } = error as NodeJS.ErrnoException;
  return message || code || 'it does not answer';
}
