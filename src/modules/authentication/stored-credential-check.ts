import { unauthenticated } from '../../core/errors.ts';
import type { UserId } from '../../core/ids.ts';
import type { CredentialCheck } from '../../core/ports.ts';
import { type Caller, type KnownPrincipal, requireKnown } from '../../core/principal.ts';
import type { PersonalAccessTokenStore } from '../personal-access-tokens/index.ts';
import type { SessionStore } from '../sessions/index.ts';
import type { UserDirectory } from '../users/index.ts';

interface Dependencies {
  readonly users: Pick<UserDirectory, 'lockAll'>;
  readonly sessions: Pick<SessionStore, 'lockLive'>;
  readonly tokens: Pick<PersonalAccessTokenStore, 'lockActive'>;
}

/** Checks credentials against the rows of sessions and personal access tokens. */
export class StoredCredentialCheck implements CredentialCheck {
  readonly #dependencies: Dependencies;

  constructor(dependencies: Dependencies) {
    this.#dependencies = dependencies;
  }

  async requireLive(caller: Caller, ...others: readonly UserId[]): Promise<void> {
    const principal = requireKnown(caller);
    await this.#dependencies.users.lockAll([principal.userId, ...others]);
    if (!(await this.#lock(principal))) throw unauthenticated('Your credential has ended. Sign in again.');
  }

  #lock(principal: KnownPrincipal): Promise<boolean> {
    const { sessions, tokens } = this.#dependencies;
    return principal.kind === 'session'
      ? sessions.lockLive(principal.sessionId)
      : tokens.lockActive(principal.personalAccessTokenId);
  }
}
