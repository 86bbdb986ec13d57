import type { LoaderDefinition } from '../../graphql/request/loaders.ts';
import {
  type CountLoader,
  createCountLoader,
  createPageLoader,
  type PageLoader,
} from '../../graphql/request/page-loader.ts';
import type { ConnectionView } from '../../graphql/results/connection.ts';
import type { UserView } from '../users/user.view.ts';
import type { PersonalAccessTokenService } from './personal-access-token.service.ts';
import type { PersonalAccessToken, PersonalAccessTokenStatus } from './personal-access-token.ts';

/** Parent value of `PersonalAccessToken`. */
export interface PersonalAccessTokenView {
  readonly record: PersonalAccessToken;
  /** The token's owner, if already loaded. */
  readonly user?: UserView['user'] | undefined;
}

export type PersonalAccessTokenConnectionView = ConnectionView<PersonalAccessTokenView>;

export interface PersonalAccessTokenLoaders {
  /** Authorise before. */
  readonly pages: LoaderDefinition<PageLoader<PersonalAccessTokenStatus, PersonalAccessToken>>;
  /** Authorise before. */
  readonly counts: LoaderDefinition<CountLoader<PersonalAccessTokenStatus>>;
}

export function createPersonalAccessTokenLoaders(
  personalAccessTokens: PersonalAccessTokenService,
): PersonalAccessTokenLoaders {
  return {
    pages: () => createPageLoader((...page) => personalAccessTokens.list(...page)),
    counts: () => createCountLoader((...of) => personalAccessTokens.count(...of)),
  };
}
