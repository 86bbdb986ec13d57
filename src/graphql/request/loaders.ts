import DataLoader from 'dataloader';
import type { PersonalAccessTokenId, SessionId, UserId } from '../../core/ids.ts';
import type { Principal } from '../../core/principal.ts';
import type {
  PersonalAccessToken,
  PersonalAccessTokenService,
  PersonalAccessTokenStatus,
} from '../../modules/personal-access-tokens/index.ts';
import type { Session, SessionQueries, SessionStatus } from '../../modules/sessions/index.ts';
import type { User, UserService } from '../../modules/users/index.ts';
import { type CountLoader, createCountLoader, createPageLoader, type PageLoader } from './page-loader.ts';

interface Services {
  readonly users: UserService;
  readonly sessionQueries: SessionQueries;
  readonly personalAccessTokens: PersonalAccessTokenService;
}

/**
 * Batches of one request, which sees what its principal may see: however often something is asked for, it is one statement.
 * Never used within a transaction. Most requests need one of them, so each is made when it is asked for.
 */
export class Loaders {
  readonly #services: Services;
  readonly #principal: Principal;
  readonly #made = new Map<string, unknown>();

  constructor(services: Services, principal: Principal) {
    this.#services = services;
    this.#principal = principal;
  }

  get users(): DataLoader<UserId, User | null> {
    const { users } = this.#services;
    return this.#once('users', () => new DataLoader((ids) => users.findMany(ids)));
  }

  /** The user that something belongs to, and without whom it could not be. */
  async owner(id: UserId): Promise<User> {
    const user = await this.users.load(id);
    if (user === null) throw new Error('something without its owner');
    return user;
  }

  /** Authorise before. */
  get lastActivity(): DataLoader<UserId, Date | null> {
    const { users } = this.#services;
    return this.#once('lastActivity', () => new DataLoader((ids) => users.lastActivityOf(ids)));
  }

  /** Null for foreign and missing alike. */
  get sessions(): DataLoader<SessionId, Session | null> {
    const { sessionQueries } = this.#services;
    const principal = this.#principal;
    return this.#once('sessions', () => new DataLoader((ids) => sessionQueries.findVisible(principal, ids)));
  }

  /** Authorise before. Each page holds one more than was asked for, where there is more. */
  get sessionPages(): PageLoader<SessionStatus, Session> {
    const { sessionQueries } = this.#services;
    return this.#once('sessionPages', () => createPageLoader((...page) => sessionQueries.list(...page)));
  }

  /** Authorise before. */
  get sessionCounts(): CountLoader<SessionStatus> {
    const { sessionQueries } = this.#services;
    return this.#once('sessionCounts', () => createCountLoader((...of) => sessionQueries.count(...of)));
  }

  /** Null for foreign and missing alike. */
  get personalAccessTokens(): DataLoader<PersonalAccessTokenId, PersonalAccessToken | null> {
    const { personalAccessTokens } = this.#services;
    const principal = this.#principal;
    return this.#once(
      'tokens',
      () => new DataLoader((ids) => personalAccessTokens.findVisible(principal, ids)),
    );
  }

  /** Authorise before. Each page holds one more than was asked for, where there is more. */
  get personalAccessTokenPages(): PageLoader<PersonalAccessTokenStatus, PersonalAccessToken> {
    const { personalAccessTokens } = this.#services;
    return this.#once('tokenPages', () => createPageLoader((...page) => personalAccessTokens.list(...page)));
  }

  /** Authorise before. */
  get personalAccessTokenCounts(): CountLoader<PersonalAccessTokenStatus> {
    const { personalAccessTokens } = this.#services;
    return this.#once('tokenCounts', () => createCountLoader((...of) => personalAccessTokens.count(...of)));
  }

  /** Forgets what was loaded: a stream has one context for all its life, and what was true for one change is not for the next. */
  clear(): void {
    this.#made.clear();
  }

  #once<Loader>(name: string, make: () => Loader): Loader {
    const made = this.#made.get(name) as Loader | undefined;
    if (made !== undefined) return made;
    const loader = make();
    this.#made.set(name, loader);
    return loader;
  }
}
