import { EntitySchema } from 'typeorm';
import type { MailId, UserId } from '../../core/ids.ts';
import type { Database } from '../../platform/database/database.ts';
import type { PersonalRows } from '../../platform/database/personal-rows.ts';
import { Table } from '../../platform/database/table.ts';
import type { Mail, MailStore, NewMail } from './mail.store.ts';
import type { MailKindName } from './mail-kinds.ts';

interface MailRow extends Omit<Mail, 'readAt'> {
  /** When sending it begins, or may begin again. */
  readonly dueAt: Date;
}

export const MailEntity = new EntitySchema<MailRow>({
  name: 'Mail',
  tableName: 'mails',
  columns: {
    id: { type: 'uuid', primary: true, primaryKeyConstraintName: 'mails_pkey' },
    kind: { type: 'text' },
    userId: { name: 'user_id', type: 'uuid', nullable: true },
    recipient: { type: 'text' },
    languages: { type: 'text', nullable: true },
    data: { type: 'jsonb' },
    tokenId: { name: 'token_id', type: 'uuid', nullable: true },
    attempts: { type: 'integer', default: 0 },
    createdAt: { name: 'created_at', type: 'timestamptz', precision: 3, default: () => 'now()' },
    dueAt: { name: 'due_at', type: 'timestamptz', precision: 3, default: () => 'now()' },
    sentAt: { name: 'sent_at', type: 'timestamptz', precision: 3, nullable: true },
    failedAt: { name: 'failed_at', type: 'timestamptz', precision: 3, nullable: true },
    failure: { type: 'text', nullable: true },
  },
  indices: [
    { name: 'mails_due_idx', columns: ['dueAt'], where: 'sent_at IS NULL AND failed_at IS NULL' },
    { name: 'mails_created_idx', columns: ['createdAt'] },
    { name: 'mails_user_idx', columns: ['userId', 'createdAt'] },
    { name: 'mails_recipient_idx', columns: ['recipient', 'createdAt'] },
    {
      name: 'mails_ownerless_idx',
      columns: ['createdAt'],
      where: 'user_id IS NULL AND sent_at IS NOT NULL',
    },
  ],
});

export const personalMails: PersonalRows = {
  entity: MailEntity,
  where: 'user_id = $1 OR recipient = $2',
  parametersOf: ({ id, emailKey }) => [id, emailKey],
};

/** Messages in Postgres. */
export class TypeOrmMailStore implements MailStore {
  readonly #database: Database;
  readonly #mails: Table<MailRow, Mail>;

  constructor(database: Database) {
    this.#database = database;
    this.#mails = new Table<MailRow, Mail>(database, MailEntity, (row) => row);
  }

  async insert(mails: readonly NewMail[]): Promise<void> {
    const rows = mails.map(({ id, kind, userId, recipient, languages, data, tokenId, notWithinSeconds }) => ({
      id,
      kind,
      user_id: userId,
      recipient,
      languages,
      data,
      token_id: tokenId,
      not_within: notWithinSeconds,
    }));
    await this.#database.query(
      `INSERT INTO mails (id, kind, user_id, recipient, languages, data, token_id)
       SELECT mail.id, mail.kind, mail.user_id, coalesce(recipient, email_key), languages, data, token_id
       FROM jsonb_to_recordset($1) AS mail (
         id uuid, kind text, user_id uuid, recipient text, languages text, data jsonb, token_id uuid, not_within integer)
       LEFT JOIN users ON users.id = user_id AND email_verified WHERE coalesce(recipient, email_key) IS NOT NULL AND (not_within IS NULL OR NOT EXISTS (
         SELECT FROM mails earlier WHERE earlier.user_id = mail.user_id AND earlier.kind = mail.kind
           AND earlier.created_at > now() - make_interval(secs => not_within)))`,
      [JSON.stringify(rows)],
    );
  }

  countTo(recipient: string, kind: MailKindName, seconds: number): Promise<number> {
    return this.#mails.count(
      'recipient = $1 AND kind = $2 AND created_at > now() - make_interval(secs => $3)',
      [recipient, kind, seconds],
    );
  }

  claim(limit: number, seconds: number, except: readonly MailId[]): Promise<Mail[]> {
    // Times are rounded to the millisecond, some into the future: a new message is due at once.
    return this.#mails.rows(
      `UPDATE mails SET due_at = now() + make_interval(secs => $2), attempts = attempts + 1 WHERE id IN (
         SELECT id FROM mails WHERE sent_at IS NULL AND failed_at IS NULL AND due_at <= now() + interval '1 ms'
           AND id <> ALL($3)
         ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED)
       RETURNING ${this.#mails.columns}`,
      [limit, seconds, except],
    );
  }

  async renew(ids: readonly MailId[], seconds: number): Promise<void> {
    await this.#database.query(
      'UPDATE mails SET due_at = now() + make_interval(secs => $2) WHERE id = ANY($1) AND sent_at IS NULL AND failed_at IS NULL',
      [ids, seconds],
    );
  }

  async markSent(id: MailId): Promise<void> {
    await this.#database.query(
      `WITH gone AS (DELETE FROM mails WHERE id = $1 AND user_id IS NULL)
       UPDATE mails SET sent_at = now(), failed_at = NULL, failure = NULL WHERE id = $1 AND user_id IS NOT NULL AND sent_at IS NULL`,
      [id],
    );
  }

  async delete(id: MailId): Promise<void> {
    await this.#database.query('DELETE FROM mails WHERE id = $1', [id]);
  }

  async deleteAllOf(userId: UserId): Promise<void> {
    await this.#database.requireTransaction(
      `WITH gone AS (DELETE FROM mails WHERE user_id = $1 AND (sent_at IS NULL OR created_at < now() - interval '1 hour'))
       UPDATE mails SET user_id = NULL
       WHERE user_id = $1 AND sent_at IS NOT NULL AND created_at >= now() - interval '1 hour'`,
      [userId],
    );
  }

  async postpone(
    { id, attempts }: Pick<Mail, 'id' | 'attempts'>,
    failure: string,
    seconds: number,
  ): Promise<void> {
    await this.#database.query(
      `UPDATE mails SET failure = $3, due_at = now() + make_interval(secs => $4)
       WHERE id = $1 AND attempts = $2 AND sent_at IS NULL`,
      [id, attempts, failure, seconds],
    );
  }

  async markFailed({ id, attempts }: Pick<Mail, 'id' | 'attempts'>, failure: string): Promise<boolean> {
    const failed = await this.#database.query(
      `UPDATE mails SET failure = $3, failed_at = now() WHERE id = $1 AND attempts = $2 AND sent_at IS NULL RETURNING id`,
      [id, attempts, failure],
    );
    return failed.length > 0;
  }

  markBounced(id: MailId, failure: string): Promise<Mail | null> {
    return this.#mails.row(
      `UPDATE mails SET failed_at = now(), failure = $2, sent_at = coalesce(sent_at, now())
       WHERE id = $1 AND failed_at IS NULL RETURNING ${this.#mails.columns}`,
      [id, failure],
    );
  }

  find(id: MailId): Promise<Mail | null> {
    return this.#mails.find(id);
  }

  latestSentTo(recipients: readonly string[], seconds: number): Promise<Mail | null> {
    return this.#mails.row(
      `SELECT ${this.#mails.columns} FROM mails
       WHERE recipient = ANY($1) AND sent_at > now() - make_interval(secs => $2) ORDER BY sent_at DESC LIMIT 1`,
      [recipients, seconds],
    );
  }

  latest(count: number): Promise<Mail[]> {
    return this.#mails.rows(`SELECT ${this.#mails.columns} FROM mails ORDER BY created_at DESC LIMIT $1`, [
      count,
    ]);
  }

  latestFailuresOf(userIds: readonly UserId[]): Promise<Mail[]> {
    return this.#mails.rows(
      `SELECT ${this.#mails.columns} FROM unnest($1::uuid[]) AS owner (owner_id), LATERAL (
         SELECT * FROM mails WHERE user_id = owner_id AND failed_at IS NOT NULL ORDER BY created_at DESC LIMIT 1) AS mails`,
      [userIds],
    );
  }

  async purge(olderThanSeconds: number, limit: number): Promise<number> {
    const purged = await this.#database.query(
      `WITH old AS (
         SELECT id FROM mails WHERE created_at < now() - make_interval(secs => $1) LIMIT $2 FOR UPDATE SKIP LOCKED
       ), ownerless AS (
         SELECT id FROM mails WHERE user_id IS NULL AND sent_at IS NOT NULL AND created_at < now() - interval '1 hour'
         LIMIT $2 FOR UPDATE SKIP LOCKED
       ) DELETE FROM mails WHERE id IN (SELECT id FROM old UNION SELECT id FROM ownerless) RETURNING id`,
      [olderThanSeconds, limit],
    );
    return purged.length;
  }
}
