import DataLoader from 'dataloader';
import type { PersonalAccessTokenId, SessionId, UserId } from '../core/ids.ts';
import type { Principal } from '../core/principal.ts';
import type {
  PersonalAccessToken,
  PersonalAccessTokenService,
  PersonalAccessTokenStatus,
} from '../modules/personal-access-tokens/index.ts';
import type { Session, SessionQueries, SessionStatus } from '../modules/sessions/index.ts';
import type { User, UserService } from '../modules/users/index.ts';
import { type CountLoader, createCountLoader, createPageLoader, type PageLoader } from './page-loader.ts';

/** Batches of one request: however often something is asked for, it is one statement. Never used within a transaction. */
export interface Loaders {
  readonly users: DataLoader<UserId, User | null>;
  /** Authorise before. */
  readonly lastActivity: DataLoader<UserId, Date | null>;
  /** Null for foreign and missing alike. */
  readonly sessions: DataLoader<SessionId, Session | null>;
  /** Null for foreign and missing alike. */
  readonly personalAccessTokens: DataLoader<PersonalAccessTokenId, PersonalAccessToken | null>;
  /** Authorise before. Each page holds one more than was asked for, where there is more. */
  readonly sessionPages: PageLoader<SessionStatus, Session>;
  /** Authorise before. Each page holds one more than was asked for, where there is more. */
  readonly personalAccessTokenPages: PageLoader<PersonalAccessTokenStatus, PersonalAccessToken>;
  /** Authorise before. */
  readonly sessionCounts: CountLoader<SessionStatus>;
  /** Authorise before. */
  readonly personalAccessTokenCounts: CountLoader<PersonalAccessTokenStatus>;
}

interface Services {
  readonly users: UserService;
  readonly sessionQueries: SessionQueries;
  readonly personalAccessTokens: PersonalAccessTokenService;
}

/** The loaders of one request, which sees what `principal` may see. */
export function createLoaders(services: Services, principal: Principal): Loaders {
  const { users, sessionQueries, personalAccessTokens } = services;
  return {
    users: new DataLoader((ids) => users.findMany(ids)),
    lastActivity: new DataLoader((ids) => users.lastActivityOf(ids)),
    sessions: new DataLoader((ids) => sessionQueries.findVisible(principal, ids)),
    personalAccessTokens: new DataLoader((ids) => personalAccessTokens.findVisible(principal, ids)),
    sessionPages: createPageLoader((...page) => sessionQueries.list(...page)),
    personalAccessTokenPages: createPageLoader((...page) => personalAccessTokens.list(...page)),
    sessionCounts: createCountLoader((...of) => sessionQueries.count(...of)),
    personalAccessTokenCounts: createCountLoader((...of) => personalAccessTokens.count(...of)),
  };
}
