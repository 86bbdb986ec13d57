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

/**
 * Compares the secrets with the stored fingerprints of those used before, and stores new ones. A list that contains an
 * earlier secret is a rotation.
 *
 * @throws {ForeignSecretsError} if a list contains no earlier secret.
 */
export function checkSecrets(
  database: Database,
  settings: Readonly<Record<string, readonly Secret[]>>,
): Promise<void> {
  return database.run(async () => {
    const known: FingerprintRow[] = await database.query('SELECT * FROM secret_fingerprints');
    const rows = Object.entries(settings).map(([setting, secrets]) => ({
      setting,
      given: secrets.map(fingerprint),
      known: known.filter((row) => row.setting === setting).map((row) => row.fingerprint),
    }));
    const foreign = rows.filter(
      (row) => row.known.length > 0 && !row.given.some((print) => row.known.includes(print)),
    );
    if (foreign.length > 0) throw new ForeignSecretsError(foreign.map(({ setting }) => setting));
    for (const { setting, given } of rows) {
      await database.query(
        'INSERT INTO secret_fingerprints (setting, fingerprint) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING',
        [setting, given],
      );
    }
  });
}
