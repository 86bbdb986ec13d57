import type { RoleCatalogue } from '../../core/role-catalogue.ts';
import type { AccessTokens } from '../access-tokens/index.ts';
import type { AccountStatus } from '../users/index.ts';
import type { RefreshTokens } from './refresh-token.ts';
import { authenticatedAt, type Session } from './session.ts';

/** The credentials of a session's newest generation. */
export interface IssuedTokens {
  readonly accessToken: string;
  readonly accessTokenExpiresAt: Date;
  readonly refreshToken: string;
}

/** The user's data that a session's tokens depend on. */
export interface TokenSubject {
  readonly roles: readonly string[];
  readonly email: string;
  readonly emailVerified: boolean;
  readonly username: string | null;
  readonly tokensNotBefore: Date | null;
  readonly accountStatus: AccountStatus;
}

interface Dependencies {
  readonly accessTokens: AccessTokens;
  readonly refreshTokens: RefreshTokens;
  readonly roleCatalogue: RoleCatalogue;
}

/** Issues a session's tokens. The refresh token is derived, so a repeated call returns the same one. */
export class SessionTokens {
  readonly #deps: Dependencies;

  constructor(dependencies: Dependencies) {
    this.#deps = dependencies;
  }

  issue(session: Session, { tokensNotBefore, ...subject }: TokenSubject): IssuedTokens {
    const { token, expiresAt } = this.#deps.accessTokens.sign({
      userId: session.userId,
      sessionId: session.id,
      generation: session.generation,
      ...subject,
      scopes: this.#deps.roleCatalogue.scopesOf(subject.roles),
      authenticatedAt: authenticatedAt(session),
      endsAt: session.expiresAt,
      notBefore: tokensNotBefore,
    });
    return {
      accessToken: token,
      accessTokenExpiresAt: expiresAt,
      refreshToken: this.#deps.refreshTokens.mint(session.id, session.generation, session.refreshSalt),
    };
  }
}
