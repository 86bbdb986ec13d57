import {
  Me,
  type MeQuery,
  Reauthenticate,
  RefreshOwnSession,
  SignIn,
  SignOut,
  type TokensFragment,
} from '../generated.ts';
import { endedBecause } from '../words/end-reasons.ts';
import { type Refused, refusalOf, withRetry } from '../words/refusals.ts';
import { post, Unreachable } from './post.ts';
import { scopeOf } from './scope-of.ts';
import { Value } from './value.ts';

export type Person = NonNullable<MeQuery['me']>;

/** Who uses this page. */
export type Presence =
  | { readonly kind: 'starting' }
  /** `reason` says why, where the person did not ask for it. */
  | { readonly kind: 'signed out'; readonly reason: string | null }
  | { readonly kind: 'signed in'; readonly person: Person; readonly scopes: ReadonlySet<string> };

/** The token is replaced this long before it ends, or after half of its life if that is later. */
const REFRESH_BEFORE_MS = 60_000;
/** Of a token, until the policy is read. */
const SHORT_LIFE_MS = 60_000;
const RETRY_MS = 5_000;

/** The session of the person at this page. The access token is in memory only, the refresh token in a cookie that no script reads. */
export class OwnSession {
  readonly presence = new Value<Presence>({ kind: 'starting' });
  #tokens: TokensFragment | null = null;
  /** By the clock of this machine, which may differ from the server's: counted from when the token came. */
  #endsAt = 0;
  #lifeMs = SHORT_LIFE_MS;
  /** The claim of the token with which the person was read: the scopes shown are those. */
  #scope: string | null = null;
  #refreshing: Promise<boolean> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** The access token; refreshed before if it has ended. Null if nobody is signed in. */
  async token(): Promise<string | null> {
    if (this.#tokens === null) return null;
    if (this.#endsAt <= Date.now()) await this.refresh();
    return this.#tokens?.accessToken ?? null;
  }

  /** Continues the session of the cookie, if there is one. */
  async resume(): Promise<void> {
    if ((await this.refresh()) || this.presence.get().kind === 'signed out') return;
    this.presence.set({ kind: 'signed out', reason: 'The server does not answer. Try again.' });
  }

  /** Returns why it was refused; null if the person is signed in now. */
  async signIn(identifier: string, password: string): Promise<Refused | null> {
    const { data, errors } = await post(SignIn, { identifier, password });
    if (data === null) return refusalOf(errors);
    const result = data.login;
    if (result.__typename === 'Authentication') {
      await this.#adopt(result);
      return null;
    }
    if (result.__typename === 'EmailVerificationRequired')
      return { message: result.message, detail: `The message was sent to ${result.email}.` };
    if (result.__typename === 'AuthRateLimitedError')
      return withRetry(result.message, result.retryAfterSeconds);
    return { message: result.message };
  }

  /** Checks the password again, and goes on with the new session that this creates. */
  async reauthenticate(password: string): Promise<Refused | null> {
    const { data, errors } = await post(
      Reauthenticate,
      { password },
      { token: (await this.token()) ?? undefined },
    );
    if (data === null) return refusalOf(errors);
    const result = data.reauthenticate;
    if (result.__typename === 'Authentication') {
      await this.#adopt(result);
      return null;
    }
    if (result.__typename === 'AccountLockedError')
      return { message: result.message, retryAt: result.lockedUntil };
    if (result.__typename === 'AuthRateLimitedError')
      return withRetry(result.message, result.retryAfterSeconds);
    return { message: result.message };
  }

  /** Returns why it was refused: then the session goes on. Null if the person is signed out now. */
  async signOut(): Promise<Refused | null> {
    const token = this.#tokens?.accessToken;
    const { data, errors } = await post(SignOut, {}, { token });
    if (!data?.logout) return refusalOf(errors);
    this.#end(null);
    return null;
  }

  /** Replaces the tokens, once for all who ask meanwhile. Returns whether the person is still signed in. */
  refresh(): Promise<boolean> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  async #refresh(): Promise<boolean> {
    try {
      const { data } = await post(RefreshOwnSession, {});
      const result = data?.refreshSession;
      switch (result?.__typename) {
        case 'Authentication':
          await this.#adopt(result);
          return this.#tokens !== null;
        case 'SessionEndedError':
          this.#end(`Your session has ended: ${endedBecause(result.endReason)}`);
          return false;
        case 'InvalidTokenError':
          this.#end(this.#tokens === null ? null : 'Your session has ended. Sign in again.');
          return false;
        case 'AuthRateLimitedError':
          this.#refreshIn(result.retryAfterSeconds * 1_000);
          return false;
        default:
          this.#refreshIn(RETRY_MS);
          return false;
      }
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      this.#refreshIn(RETRY_MS);
      return false;
    }
  }

  /** Another tab may have signed in as somebody else: then the page is theirs. Or the roles have changed, and with them the scopes. */
  async #adopt(tokens: TokensFragment): Promise<void> {
    const presence = this.presence.get();
    const isSame = presence.kind === 'signed in' && presence.person.id === tokens.user.id;
    this.#keep(tokens);
    const scope = scopeOf(tokens.accessToken);
    if (isSame && scope === this.#scope) return;
    // Not in the sign-in itself: a router checks the credential of the request, and that has none.
    const { data } = await post(Me, {}, { token: tokens.accessToken });
    if (!data?.me) {
      // Of the same person it is read again with the next token.
      if (!isSame) this.#end('Your account could not be read. Sign in again.');
      return;
    }
    if (data.authPolicy) this.#lifeMs = data.authPolicy.accessTokenTtlSeconds * 1_000;
    this.#keep(tokens);
    this.#scope = scope;
    const scopes = new Set(data.me.grantableScopes?.map(({ name }) => name));
    this.presence.set({ kind: 'signed in', person: data.me, scopes });
  }

  #keep(tokens: TokensFragment): void {
    this.#tokens = tokens;
    this.#endsAt = Date.now() + this.#lifeMs;
    this.#refreshIn(Math.max(this.#lifeMs - REFRESH_BEFORE_MS, this.#lifeMs / 2));
  }

  #refreshIn(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.refresh(), milliseconds);
  }

  #end(reason: string | null): void {
    clearTimeout(this.#timer);
    this.#tokens = null;
    this.presence.set({ kind: 'signed out', reason });
  }
}
