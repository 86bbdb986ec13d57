import { expect } from '@jest/globals';
import { GraphQLClient, newAccount, PASSWORD } from './client.ts';
import { runSql } from './sql.ts';

const WORKERS = 6;

/** What was acknowledged of a session. */
interface Acknowledged {
  readonly id: string;
  readonly userId: string;
  refreshToken: string;
  generation: number;
  /** Whether the logout was sent, and whether it was answered. */
  logout: 'none' | 'sent' | 'done';
}

/** People who sign up, sign in, refresh and log out, for as long as somebody answers; it remembers every answer. */
export class Load {
  /** Resolves when nobody answers any more. */
  readonly over: Promise<unknown>;
  readonly #url: string;
  readonly #sessions: Acknowledged[] = [];
  readonly #looks = new Set<() => void>();
  #acknowledged = 0;

  constructor(url: string) {
    this.#url = url;
    this.over = Promise.all(Array.from({ length: WORKERS }, () => this.#work()));
  }

  /** How many writes were acknowledged. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Resolves when so many writes were acknowledged; rejects with what ended the load before. */
  untilAcknowledged(count: number): Promise<void> {
    const reached = new Promise<void>((resolve) => {
      this.#looks.add(() => {
        if (this.#acknowledged >= count) resolve();
      });
    });
    const over = this.over.then(() => {
      throw new Error(`nobody answers after ${this.#acknowledged} of ${count} writes`);
    });
    return Promise.race([reached, over]);
  }

  /** Whatever was acknowledged is in the database, and the tokens that were given out are good at `url`. */
  async expectKept(databaseUrl: string, url: string): Promise<void> {
    const rows = await runSql(
      databaseUrl,
      `SELECT s.id, s.user_id AS "userId", s.generation, s.ended_at IS NOT NULL AS ended
       FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = ANY($1)`,
      [this.#sessions.map(({ id }) => id)],
    );
    const stored = new Map(rows.map((row) => [row['id'], row]));
    for (const { id, userId, generation, logout } of this.#sessions) {
      expect(stored.get(id)).toMatchObject({ id, userId });
      expect(stored.get(id)?.['generation']).toBeGreaterThanOrEqual(generation);
      if (logout !== 'sent') expect(stored.get(id)?.['ended']).toBe(logout === 'done');
    }
    for (const { refreshToken } of this.#sessions.filter(({ logout }) => logout === 'none').slice(-WORKERS)) {
      expect((await new GraphQLClient(url).refresh(refreshToken)).__typename).toBe('Authentication');
    }
  }

  async #work(): Promise<void> {
    try {
      for (;;) await this.#live();
    } catch (error) {
      // What `fetch` throws where there is no answer, or half of one. Anything else was an answer, and a bad one.
      if ((error as Error).name !== 'TypeError') throw error;
    }
  }

  async #live(): Promise<void> {
    const account = newAccount();
    const [first, second] = [new GraphQLClient(this.#url), new GraphQLClient(this.#url)];
    await this.#refresh(first, this.#note(await first.signup(account)));
    const login = { identifier: account.email, password: PASSWORD };
    const session = this.#note(await second.login(login));
    await this.#refresh(second, session);
    session.logout = 'sent';
    await second.data('mutation { logout { count } }');
    session.logout = 'done';
    this.#acknowledge();
  }

  #note({ session: { id }, user, refreshToken }: Awaited<ReturnType<GraphQLClient['signup']>>): Acknowledged {
    this.#acknowledge();
    const session: Acknowledged = { id, userId: user.id, refreshToken, generation: 0, logout: 'none' };
    this.#sessions.push(session);
    return session;
  }

  async #refresh(client: GraphQLClient, session: Acknowledged): Promise<void> {
    const { __typename, refreshToken } = await client.refresh();
    expect(__typename).toBe('Authentication');
    Object.assign(session, { refreshToken, generation: session.generation + 1 });
    this.#acknowledge();
  }
  #acknowledge(): void {
    this.#acknowledged += 1;
    for (const look of this.#looks) look();
  }
}
