import { type Actor, actorOf, system } from '../../core/actor.ts';
import { eventBy } from '../../core/events.ts';
import type { Outcomes } from '../../core/idempotency.ts';
import { type NotFound, newId, type UserId } from '../../core/ids.ts';
import type { InvalidInput } from '../../core/invalid-field.ts';
import type { CredentialCheck, EventLog, HashingTurn, PasswordHasher, UnitOfWork } from '../../core/ports.ts';
import { type Caller, requireScope, requireUser, systemOrigin } from '../../core/principal.ts';
import type { RoleCatalogue, UnknownRole } from '../../core/role-catalogue.ts';
import { type Authority, invalidRoles } from '../administration/index.ts';
import type { EmailVerification } from '../email-addresses/index.ts';
import type { MailQueue } from '../mail/index.ts';
import type { OneTimeTokens } from '../one-time-tokens/index.ts';
import { emailKeyOf, findByText, type Registration, type User, type UserDirectory } from '../users/index.ts';
import { turnOf } from './hashing-turn.ts';
import type { PasswordPolicy } from './password-policy.ts';
import type { PasswordReplacement } from './password-replacement.ts';
import {
  type NamesInput,
  type ParsedNames,
  parseNames,
  parseSignup,
  type SignupInput,
} from './signup-input.ts';
import { subjectOfUser } from './subjects.ts';

type SetPasswordOutcome =
  | { readonly kind: 'set'; readonly user: User; readonly terminatedSessionCount: number }
  | NotFound
  | InvalidInput;

type InviteOutcome = Registration | InvalidInput | UnknownRole;

interface NewUserInput extends NamesInput {
  /** Null: the owner of the address chooses one by a message. */
  readonly password: string | null;
  readonly roles: readonly string[];
  readonly emailVerified: boolean;
}

interface Account {
  readonly names: ParsedNames;
  readonly roles: readonly string[];
  readonly emailVerified: boolean;
  readonly passwordHash: string | null;
}

const INVITATION_HOURS = 24;

interface Dependencies {
  readonly users: Pick<UserDirectory, 'findByIdentifier' | 'findMany' | 'lock' | 'register'>;
  readonly authority: Authority;
  readonly verification: Pick<EmailVerification, 'send'>;
  readonly replacement: PasswordReplacement;
  readonly tokens: OneTimeTokens;
  readonly mails: MailQueue;
  readonly policy: PasswordPolicy;
  readonly hasher: PasswordHasher;
  readonly roleCatalogue: RoleCatalogue;
  readonly credentials: CredentialCheck;
  readonly outcomes: Outcomes;
  readonly unitOfWork: UnitOfWork;
  readonly events: EventLog;
}

/**
 * The changes of administrators and the operator that take a password. Apart from `UserAdministration`, which knows no passwords. The
 * operator needs no authorisation: whoever runs the CLI has the configuration and the database.
 */
export class PasswordAdministration {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** @throws {PublicError} FORBIDDEN without `users:write`, and without all scopes that the roles grant. */
  async create(caller: Caller, input: NewUserInput): Promise<Registration | InvalidInput> {
    const { roleCatalogue, credentials, authority, unitOfWork, outcomes } = this.#deps;
    requireScope(caller.principal, 'users:write');
    const { userId } = requireUser(caller);
    const fields = invalidRoles(input.roles, roleCatalogue);
    const turn = turnOf(caller.origin, subjectOfUser(userId), 'known');
    const account = await this.#prepare(input, fields, turn);
    if (account.kind === 'invalid_input') return account;
    return unitOfWork.run(async () => {
      await credentials.requireLive(caller);
      authority.requireAllScopesOf(await authority.requireNow(caller), account.roles);
      const registration = await this.#register(actorOf(caller), account);
      return registration.kind === 'registered' ? outcomes.keep(registration) : registration;
    });
  }

  /** Creates a user with the roles `user` and `admin`. The operator vouches for the address. */
  async createAdministrator(input: SignupInput): Promise<Registration | InvalidInput> {
    const account = await this.#prepare(
      { ...input, roles: ['user', 'admin'], emailVerified: true },
      [],
      null,
    );
    if (account.kind === 'invalid_input') return account;
    return this.#deps.unitOfWork.run(() => this.#register(system, account));
  }

  /** Creates a user without a password, and sends a message by which the owner of the address chooses one. */
  async invite(names: NamesInput, roles: readonly string[]): Promise<InviteOutcome> {
    const unknown = this.#deps.roleCatalogue.findUnknown(roles);
    if (unknown !== null) return unknown;
    const account = await this.#prepare({ ...names, password: null, roles, emailVerified: false }, [], null);
    if (account.kind === 'invalid_input') return account;
    return this.#deps.unitOfWork.run(() => this.#register(system, account));
  }

  /** Sets a user's password as a reset does: sessions, locks, tokens of messages and, by policy, personal access tokens end. */
  async setPassword(identifier: string, password: string): Promise<SetPasswordOutcome> {
    const { users, replacement, policy, hasher, unitOfWork } = this.#deps;
    const found = await findByText(users, identifier);
    if (found === null) return { kind: 'not_found' };
    const { id: userId, email, username, name } = found;
    const invalid = policy.check(password, { email, username, name });
    if (invalid !== null) return { kind: 'invalid_input', fields: [invalid] };
    const hash = await hasher.hash(password, null);
    return unitOfWork.run(async () => {
      const user = await users.lock(userId);
      if (user === null) return { kind: 'not_found' };
      return { kind: 'set', ...(await replacement.replace(system, user, hash, 'user.password_set', false)) };
    });
  }

  /** Reports all invalid fields at once, beside those of the roles. */
  async #prepare(
    { password, roles, emailVerified, ...names }: NewUserInput,
    invalid: InvalidInput['fields'],
    turn: HashingTurn,
  ): Promise<InvalidInput | (Account & { readonly kind: 'prepared' })> {
    const { policy, hasher, unitOfWork } = this.#deps;
    const parsing = password === null ? parseNames(names) : parseSignup({ ...names, password }, policy);
    const fields = [...(parsing.kind === 'invalid_input' ? parsing.fields : []), ...invalid];
    if (parsing.kind === 'invalid_input' || fields.length > 0) return { kind: 'invalid_input', fields };
    await unitOfWork.requireAvailable();
    const passwordHash = password === null ? null : await hasher.hash(password, turn);
    const { email, username, name } = 'names' in parsing ? parsing.names : parsing.signup;
    return {
      kind: 'prepared',
      names: { email, username, name },
      roles: [...new Set(roles)],
      emailVerified,
      passwordHash,
    };
  }

  async #register(
    actor: Actor,
    { names, roles, emailVerified, passwordHash }: Account,
  ): Promise<Registration> {
    const { users, verification, events } = this.#deps;
    const newUser = { ...names, id: newId<UserId>(), emailVerified, roles, isProvisioned: true };
    const registration = await users.register(newUser, passwordHash);
    if (registration.kind !== 'registered') return registration;
    const { user } = registration;
    await events.record(eventBy(actor, 'user.registered', { userId: user.id, roles }));
    if (passwordHash === null) await this.#invite(user);
    // Who created the account, and from where, is not the owner's to know.
    else if (!emailVerified) await verification.send(user, systemOrigin, null);
    return registration;
  }

  async #invite(user: User): Promise<void> {
    const { tokens, mails } = this.#deps;
    const { id: userId } = user;
    const emailKey = emailKeyOf(user);
    const lifetimeSeconds = INVITATION_HOURS * 3_600;
    const tokenId = await tokens.issue({ userId, purpose: 'invitation', emailKey, lifetimeSeconds });
    await mails.add({
      kind: 'invitation',
      userId,
      recipient: emailKey,
      tokenId,
      data: { hours: INVITATION_HOURS },
      origin: systemOrigin,
    });
  }
}
