import type { DraftEvent } from '../../core/events.ts';
import type { SessionId, UserId } from '../../core/ids.ts';
import { addressBucket } from '../../core/ip-address.ts';
import type { PageRequest } from '../../core/page.ts';
import type { Database } from '../../platform/database/database.ts';
import { type ReadAt, Table } from '../../platform/database/table.ts';
import { type DatabaseEventLog, recordingChange } from '../../platform/events/event-log.ts';
import { MAX_LATE_REPEATS } from './refresh-decision.ts';
import { SessionEntity, type SessionRow, toSession } from './session.entity.typeorm.ts';
import type {
  KnownSession,
  NewSession,
  SessionFilter,
  SessionStore,
  SessionWithSubject,
} from './session.store.ts';
import {
  type EndedSession,
  KNOWN_SECONDS,
  type Session,
  type SessionLimits,
  type SessionStatus,
} from './session.ts';
import type { SessionEndReason } from './session-end-reason.ts';
import type { TokenSubject } from './session-tokens.ts';

/** The columns of a session's user that its tokens depend on; no name is a column of sessions. */
const SUBJECT_COLUMNS = 'roles, email, email_verified, username, tokens_not_before, account_status';
const SUBJECT = `(SELECT id AS subject_id, ${SUBJECT_COLUMNS} FROM users) AS subject`;

interface SubjectColumns {
  readonly roles: string[];
  readonly email: string;
  readonly email_verified: boolean;
  readonly username: string | null;
  readonly tokens_not_before: Date | null;
  readonly account_status: TokenSubject['accountStatus'];
}

type FoundSession = SessionRow & ReadAt & SubjectColumns;

/** A session whose tokens have shown no sign of life: perhaps the answer that held them was lost. */
const UNUSED = 'confirmed_generation < 0';

const ENDED_NOW = 'revision = revision + 1, ended_at = now(), end_reason';

/** Sessions in Postgres. */
export class TypeOrmSessionStore implements SessionStore {
  readonly #database: Database;
  readonly #events: Pick<DatabaseEventLog, 'recordWith'>;
  readonly #sessions: Table<SessionRow, Session>;
  /** SQL condition of a live session: neither ended, nor idle or expired and not swept yet. */
  readonly #live: string;
  readonly #idleTimeout: string;
  readonly #findForRefresh: string;
  readonly #advance: string;

  constructor(
    database: Database,
    events: Pick<DatabaseEventLog, 'recordWith'>,
    limits: Pick<SessionLimits, 'idleTimeoutSeconds'>,
  ) {
    this.#database = database;
    this.#events = events;
    this.#sessions = new Table(database, SessionEntity, toSession);
    this.#idleTimeout = `make_interval(secs => ${Number(limits.idleTimeoutSeconds)})`;
    this.#live = `ended_at IS NULL AND expires_at > now() AND last_active_at > now() - ${this.#idleTimeout}`;
    this.#findForRefresh = `SELECT ${this.#sessions.columns}, ${SUBJECT_COLUMNS} FROM sessions, ${SUBJECT}
       WHERE id = $1 AND subject_id = user_id`;
    this.#advance = recordingChange(
      `UPDATE sessions SET revision = revision + 1, generation = $7::integer + 1,
         confirmed_generation = greatest(confirmed_generation, $7::integer),
         previous_rotated_at = CASE WHEN generation = $7::integer THEN rotated_at END,
         rotated_at = now(), last_active_at = now(),
         rotated_ip_address = $5, rotated_user_agent = $6
       FROM ${SUBJECT}
       WHERE id = $1 AND user_id = $2 AND generation = $3 AND refresh_salt = $4 AND ${this.#live}
         AND subject_id = user_id AND account_status = 'ACTIVE'
       RETURNING ${this.#sessions.columns}, ${SUBJECT_COLUMNS}`,
      7,
      "jsonb_build_object('sessionRevision', revision)",
    );
  }

  async open(session: NewSession, keep: number) {
    const rows = await this.#database.query<SessionRow & ReadAt & { isFromElsewhere: boolean }>(
      `WITH ended AS (
         UPDATE sessions SET ${ENDED_NOW} = 'SESSION_LIMIT' WHERE id IN (
           SELECT id FROM sessions WHERE user_id = $2 AND ${this.#live} ORDER BY ${UNUSED}, created_at DESC, id OFFSET $9
         ) AND ended_at IS NULL RETURNING ${this.#sessions.columns}
       ), before AS (
         SELECT (last_active_at > created_at OR EXISTS (SELECT FROM sessions WHERE user_id = $2)) AND NOT EXISTS (
           SELECT FROM sessions WHERE user_id = $2 AND ip_address <<= $10::inet
             AND sessions.last_active_at > now() - interval '${KNOWN_SECONDS} s') AS elsewhere
         FROM users WHERE id = $2
       ), active AS (
         UPDATE users SET last_active_at = now() WHERE id = $2
       ), opened AS (
         INSERT INTO sessions (id, user_id, refresh_salt, refresh_token_transport, ip_address, user_agent, expires_at,
           confirmed_generation, authentication_methods)
         VALUES ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7), -1,
           (SELECT jsonb_agg(jsonb_build_object('method', method, 'completedAt', now())) FROM unnest($8::text[]) AS method))
         RETURNING ${this.#sessions.columns}
       ) SELECT opened.*, coalesce((SELECT elsewhere FROM before) AND $10::inet IS NOT NULL, false) AS "isFromElsewhere" FROM opened
         UNION ALL SELECT ended.*, false FROM ended`,
      [
        session.id,
        session.userId,
        session.refreshSalt,
        session.refreshTokenTransport,
        session.ipAddress,
        session.userAgent,
        session.lifetimeSeconds,
        session.provedBy,
        keep,
        session.ipAddress === null ? null : addressBucket(session.ipAddress),
      ],
    );
    const own = rows.find(({ id }) => id === session.id);
    if (own === undefined) throw new Error('a session was inserted and not returned');
    const ended = rows
      .filter((row) => row !== own)
      .map(({ isFromElsewhere: _, ...row }) => this.#sessions.rowOf(row));
    const { isFromElsewhere, ...row } = own;
    return { opened: this.#sessions.rowOf(row), ended: ended.filter(isEnded), isFromElsewhere };
  }

  find(id: SessionId): Promise<Session | null> {
    return this.#sessions.find(id);
  }

  async findForRefresh(id: SessionId): Promise<SessionWithSubject | null> {
    const [row] = await this.#database.query<FoundSession>(this.#findForRefresh, [id]);
    return row === undefined ? null : this.#withSubject(row);
  }

  async lockLive(id: SessionId): Promise<boolean> {
    const rows: unknown[] = await this.#database.requireTransaction(
      `SELECT FROM sessions WHERE id = $1 AND ${this.#live}
           AND EXISTS (SELECT FROM users WHERE id = user_id AND account_status = 'ACTIVE') FOR SHARE`,
      [id],
    );
    return rows.length > 0;
  }

  async advance(
    { id, userId, generation, refreshSalt }: KnownSession,
    presented: number,
    event: DraftEvent<'token.refreshed'>,
  ): Promise<SessionWithSubject | null> {
    const { ipAddress, userAgent } = event.origin;
    const parameters = [id, userId, generation, refreshSalt, ipAddress, userAgent, presented];
    const row = await this.#events.recordWith<FoundSession>(this.#advance, parameters, event);
    return row && this.#withSubject(row);
  }

  noteLateRepeat({ id, generation, lateRepeatedAt }: Session): Promise<Session | null> {
    // Dated after the refresh that it repeats, also if the clock was set back in between: else the next would count again.
    const at = "date_trunc('milliseconds', greatest(now(), rotated_at + interval '1 ms'))";
    return this.#sessions.row(
      `UPDATE sessions SET
         late_repeated_at = (late_repeated_at || ${at})[greatest(1, cardinality(late_repeated_at) + 2 - $4):]
       WHERE id = $1 AND generation = $2 AND confirmed_generation < $2 AND ended_at IS NULL
         AND late_repeated_at = $3::timestamptz[] RETURNING ${this.#sessions.columns}`,
      [id, generation, lateRepeatedAt, MAX_LATE_REPEATS],
    );
  }

  async confirmGeneration(id: SessionId, generation: number): Promise<void> {
    await this.#database.query(
      'UPDATE sessions SET confirmed_generation = $2 WHERE id = $1 AND generation = $2 AND confirmed_generation < $2',
      [id, generation],
    );
  }

  async end(id: SessionId, reason: SessionEndReason): Promise<EndedSession | null> {
    const [ended] = await this.#ended(
      `UPDATE sessions SET ${ENDED_NOW} = $2 WHERE id = $1 AND ended_at IS NULL RETURNING ${this.#sessions.columns}`,
      [id, reason],
    );
    return ended ?? null;
  }

  endAllOf(userId: UserId, reason: SessionEndReason, except: SessionId | null): Promise<EndedSession[]> {
    return this.#ended(
      `UPDATE sessions SET ${ENDED_NOW} = $2 WHERE user_id = $1 AND id IS DISTINCT FROM $3::uuid AND ${this.#live}
       RETURNING ${this.#sessions.columns}`,
      [userId, reason, except],
    );
  }

  async noteUse(ids: readonly SessionId[]): Promise<void> {
    await this.#database.query(
      `UPDATE sessions SET confirmed_generation = 0 WHERE id = ANY($1) AND ${UNUSED}`,
      [ids],
    );
  }

  touch(ids: readonly SessionId[], olderThanSeconds: number): Promise<Session[]> {
    return this.#sessions.rows(
      `UPDATE sessions SET revision = revision + 1, last_active_at = now()
       WHERE id = ANY($1) AND ${this.#live} AND last_active_at < now() - make_interval(secs => $2)
       RETURNING ${this.#sessions.columns}`,
      [ids, olderThanSeconds],
    );
  }

  endOverdue(limit: number): Promise<EndedSession[]> {
    return this.#ended(
      `UPDATE sessions SET ${ENDED_NOW} = CASE WHEN expires_at <= now() THEN 'EXPIRED' ELSE 'IDLE_TIMEOUT' END
       WHERE id IN (
         SELECT id FROM sessions
         WHERE ended_at IS NULL AND (expires_at <= now() OR last_active_at <= now() - ${this.#idleTimeout})
         LIMIT $1 FOR UPDATE SKIP LOCKED
       ) RETURNING ${this.#sessions.columns}`,
      [limit],
    );
  }

  endSome(reason: SessionEndReason, limit: number): Promise<EndedSession[]> {
    return this.#ended(
      `UPDATE sessions SET ${ENDED_NOW} = $1
       WHERE id IN (SELECT id FROM sessions WHERE ended_at IS NULL LIMIT $2 FOR UPDATE)
       RETURNING ${this.#sessions.columns}`,
      [reason, limit],
    );
  }

  endAgain(
    ended: readonly { readonly id: SessionId; readonly reason: SessionEndReason }[],
  ): Promise<EndedSession[]> {
    return this.#ended(
      `UPDATE sessions SET ${ENDED_NOW} = ended.reason FROM unnest($1::uuid[], $2::text[]) AS ended (ended_id, reason)
       WHERE id = ended_id AND id IN (
         SELECT id FROM sessions WHERE id = ANY($1) AND ended_at IS NULL FOR UPDATE SKIP LOCKED
       ) RETURNING ${this.#sessions.columns}`,
      [ended.map(({ id }) => id), ended.map(({ reason }) => reason)],
    );
  }

  async wasUsedFrom(userId: UserId, address: string, seconds: number): Promise<boolean> {
    const [row] = await this.#database.query(
      `SELECT 1 FROM sessions WHERE user_id = $1 AND ip_address <<= $2::inet
         AND last_active_at > now() - make_interval(secs => $3) LIMIT 1`,
      [userId, address, seconds],
    );
    return row !== undefined;
  }

  purgeEnded(olderThanSeconds: number, limit: number): Promise<Session[]> {
    return this.#sessions.rows(
      `DELETE FROM sessions WHERE id IN (
         SELECT id FROM sessions WHERE ended_at < now() - make_interval(secs => $1)
           OR end_reason = 'ACCOUNT_DELETED' AND ended_at < now() - interval '10 minutes'
         ORDER BY ended_at LIMIT $2 FOR UPDATE SKIP LOCKED
       ) RETURNING ${this.#sessions.columns}`,
      [olderThanSeconds, limit],
    );
  }

  listOf(userIds: readonly UserId[], status: SessionStatus | null, page: PageRequest): Promise<Session[]> {
    return this.#sessions.pagesOf(
      userIds,
      { where: this.#hasStatus(status), orderBy: 'last_active_at' },
      page,
    );
  }

  findMany(ids: readonly SessionId[]): Promise<Session[]> {
    return this.#sessions.findMany(ids);
  }

  listAll(filter: SessionFilter, { first, after }: PageRequest): Promise<Session[]> {
    const { conditions, parameters, add } = this.#matching(filter);
    if (after !== null) conditions.push(`(last_active_at, id) < (${add(after.at)}, ${add(after.id)}::uuid)`);
    return this.#sessions.rows(
      `SELECT ${this.#sessions.columns} FROM sessions WHERE ${conditions.join(' AND ')}
       ORDER BY last_active_at DESC, id DESC LIMIT ${add(first + 1)}`,
      parameters,
    );
  }

  countAll(filter: SessionFilter): Promise<number> {
    const { conditions, parameters } = this.#matching(filter);
    return this.#sessions.count(conditions.join(' AND '), parameters);
  }

  /** Contains only the conditions that are set: for a general one the planner would use no index. */
  #matching({ userId, status, ipAddress, activeSince }: SessionFilter) {
    const parameters: unknown[] = [];
    const conditions = ['true'];
    const add = (value: unknown) => `$${parameters.push(value)}`;
    if (userId !== null) conditions.push(`user_id = ${add(userId)}`);
    if (ipAddress !== null) conditions.push(`ip_address = ${add(ipAddress)}`);
    if (activeSince !== null) conditions.push(`last_active_at >= ${add(activeSince)}`);
    // Idle and expired sessions are in neither list until they are swept, within a minute.
    if (status !== null) conditions.push(status === 'ACTIVE' ? this.#live : 'ended_at IS NOT NULL');
    return { conditions, parameters, add };
  }

  async countOf(
    userIds: readonly UserId[],
    status: SessionStatus | null,
  ): Promise<ReadonlyMap<UserId, number>> {
    const rows: { id: UserId; count: number }[] = await this.#database.query(
      `SELECT user_id AS id, count(*)::int AS count FROM sessions
         WHERE user_id = ANY($1) AND ${this.#hasStatus(status)} GROUP BY user_id`,
      [userIds],
    );
    return new Map(rows.map(({ id, count }) => [id, count]));
  }

  #hasStatus(status: SessionStatus | null): string {
    if (status === null) return 'true';
    return status === 'ACTIVE' ? this.#live : `NOT (${this.#live})`;
  }

  #withSubject(found: FoundSession): SessionWithSubject {
    const { roles, email, email_verified, username, tokens_not_before, account_status, ...row } = found;
    return {
      session: this.#sessions.rowOf(row),
      subject: {
        roles,
        email,
        emailVerified: email_verified,
        username,
        tokensNotBefore: tokens_not_before,
        accountStatus: account_status,
      },
    };
  }

  /** The sessions ended by `sql`. */
  async #ended(sql: string, parameters: unknown[]): Promise<EndedSession[]> {
    return (await this.#sessions.rows(sql, parameters)) as EndedSession[];
  }
}

const isEnded = (session: Session): session is EndedSession => session.endedAt !== null;
