import { unauthenticated } from '../../core/errors.ts';
import type { PersonalAccessTokenId, ServiceClientId, SessionId, UserId } from '../../core/ids.ts';
import type { CredentialCheck } from '../../core/ports.ts';
import { type Caller, requireUser, type UserPrincipal } from '../../core/principal.ts';

/** The storage of other modules, which import this one: named here by what it does. */
interface Dependencies {
  readonly users: { lockAll(ids: readonly UserId[]): Promise<void> };
  readonly sessions: { lockLive(id: SessionId): Promise<boolean> };
  readonly personalAccessTokens: { lockActive(id: PersonalAccessTokenId): Promise<boolean> };
  readonly serviceClients: { lockEnabled(id: ServiceClientId): Promise<boolean> };
}

/** Checks credentials against the rows of sessions and personal access tokens. */
export class StoredCredentialCheck implements CredentialCheck {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  async requireLive(caller: Caller, ...others: readonly UserId[]): Promise<void> {
    const principal = requireUser(caller);
    await this.#deps.users.lockAll([principal.userId, ...others]);
    if (!(await this.#lock(principal))) throw unauthenticated('Your credential has ended. Sign in again.');
  }

  async #lock(principal: UserPrincipal): Promise<boolean> {
    const { sessions, personalAccessTokens, serviceClients } = this.#deps;
    if (principal.kind === 'personal_access_token')
      return personalAccessTokens.lockActive(principal.personalAccessTokenId);
    const isLive = await sessions.lockLive(principal.sessionId);
    return isLive && (principal.kind === 'session' || (await serviceClients.lockEnabled(principal.clientId)));
  }
}
