import { EntitySchema } from 'typeorm';
import { OperatorError } from '../core/operator-error.ts';
import type { Secret } from '../core/secret.ts';
import { fingerprint } from '../core/secret-ring.ts';
import type { Database } from './database/database.ts';

interface FingerprintRow {
  readonly setting: string;
  readonly fingerprint: string;
  readonly firstSeenAt: Date;
}

export const SecretFingerprintEntity = new EntitySchema<FingerprintRow>({
  name: 'SecretFingerprint',
  tableName: 'secret_fingerprints',
  columns: {
    setting: { type: 'text', primary: true, primaryKeyConstraintName: 'secret_fingerprints_pkey' },
    fingerprint: { type: 'text', primary: true, primaryKeyConstraintName: 'secret_fingerprints_pkey' },
    firstSeenAt: { name: 'first_seen_at', type: 'timestamptz', precision: 3, default: () => 'now()' },
  },
});

/** The database was used with other secrets: all passwords would fail, and all sessions would be invalid. */
export class ForeignSecretsError extends OperatorError {
  override readonly name = 'ForeignSecretsError';

  constructor(settings: readonly string[]) {
    super(
      `${settings.join(' and ')} ${settings.length > 1 ? 'are' : 'is'} not what this database was used with. ` +
        'Set the earlier secret, alone or together with a new one.',
    );
  }
}

/** The secrets of each setting, the first of which is in use. */
type Secrets = Readonly<Record<string, readonly Secret[]>>;

/** Compares the secrets with the stored fingerprints of those used before: null if none is foreign. */
export async function foreignSecrets(
  database: Database,
  settings: Secrets,
): Promise<ForeignSecretsError | null> {
  const known: FingerprintRow[] = await database.query(
    'SELECT setting, fingerprint, first_seen_at AS "firstSeenAt" FROM secret_fingerprints',
  );
  const foreign = Object.entries(settings).filter(([setting, secrets]) => {
    const prints = known.filter((row) => row.setting === setting).map((row) => row.fingerprint);
    return prints.length > 0 && !secrets.some((secret) => prints.includes(fingerprint(secret)));
  });
  return foreign.length === 0 ? null : new ForeignSecretsError(foreign.map(([setting]) => setting));
}

/**
 * Compares the secrets with the stored fingerprints of those used before, and stores new ones. A list that contains an
 * earlier secret is a rotation.
 *
 * @throws {ForeignSecretsError} if a list contains no earlier secret.
 */
export function checkSecrets(database: Database, settings: Secrets): Promise<void> {
  return database.run(async () => {
    const foreign = await foreignSecrets(database, settings);
    if (foreign !== null) throw foreign;
    for (const [setting, secrets] of Object.entries(settings)) {
      await database.query(
        'INSERT INTO secret_fingerprints (setting, fingerprint) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING',
        [setting, secrets.map(fingerprint)],
      );
    }
  });
}
