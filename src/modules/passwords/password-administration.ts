import { system } from '../../core/actor.ts';
import { eventBy } from '../../core/events.ts';
import { newId, type UserId } from '../../core/ids.ts';
import type { EventLog, PasswordHasher, UnitOfWork } from '../../core/ports.ts';
import { systemOrigin } from '../../core/principal.ts';
import type { RoleCatalogue } from '../../core/role-catalogue.ts';
import type { MailQueue } from '../mail/index.ts';
import type { OneTimeTokens } from '../one-time-tokens/index.ts';
import type { Registration, User, UserAdministration, UserDirectory } from '../users/index.ts';
import type { InvalidInput } from './outcomes.ts';
import type { PasswordPolicy } from './password-policy.ts';
import type { PasswordReplacement } from './password-replacement.ts';
import { parseNames, parseSignup, type SignupInput } from './signup-input.ts';

type SetPasswordOutcome =
  | { readonly kind: 'set'; readonly user: User; readonly terminatedSessionCount: number }
  | { readonly kind: 'not_found' }
  | InvalidInput;

type InviteOutcome = Registration | InvalidInput | { readonly kind: 'unknown_role'; readonly role: string };

const INVITATION_HOURS = 24;

interface Dependencies {
  readonly users: Pick<UserDirectory, 'lock' | 'register'>;
  readonly userAdministration: Pick<UserAdministration, 'find'>;
  readonly replacement: PasswordReplacement;
  readonly tokens: OneTimeTokens;
  readonly mails: MailQueue;
  readonly policy: PasswordPolicy;
  readonly hasher: PasswordHasher;
  readonly roleCatalogue: RoleCatalogue;
  readonly unitOfWork: UnitOfWork;
  readonly events: EventLog;
}

/**
 * The operator's changes that take a password. Apart from `UserAdministration`, since `users` knows no passwords. No
 * authorisation: whoever runs the CLI has the configuration and the database.
 */
export class PasswordAdministration {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Creates a user with the roles `user` and `admin`. */
  async createAdministrator(input: SignupInput): Promise<Registration | InvalidInput> {
    const { users, policy, hasher, unitOfWork, events } = this.#deps;
    const parsing = parseSignup(input, policy);
    if (parsing.kind === 'invalid_input') return parsing;
    const { password, ...names } = parsing.signup;
    const passwordHash = await hasher.hash(password, null);
    return unitOfWork.run(async () => {
      const roles = ['user', 'admin'];
      // The operator vouches for the address.
      const newUser = { ...names, id: newId<UserId>(), emailVerified: true, roles };
      const registration = await users.register(newUser, passwordHash);
      if (registration.kind !== 'registered') return registration;
      const { id: userId } = registration.user;
      await events.record(eventBy(system, 'user.registered', { userId, roles }));
      return registration;
    });
  }

  /** Creates a user without a password, and sends a message by which the owner of the address chooses one. */
  async invite(
    { email, username }: Omit<SignupInput, 'password'>,
    roles: readonly string[],
  ): Promise<InviteOutcome> {
    const { users, tokens, mails, roleCatalogue, unitOfWork, events } = this.#deps;
    const unknown = roles.find((role) => !roleCatalogue.has(role));
    if (unknown !== undefined) return { kind: 'unknown_role', role: unknown };
    const parsing = parseNames({ email, username });
    if (parsing.kind === 'invalid_input') return parsing;
    return unitOfWork.run(async () => {
      const newUser = { ...parsing.names, id: newId<UserId>(), emailVerified: false, roles };
      const registration = await users.register(newUser, null);
      if (registration.kind !== 'registered') return registration;
      const { id: userId } = registration.user;
      const { key: emailKey } = parsing.names.email;
      const lifetimeSeconds = INVITATION_HOURS * 3_600;
      const tokenId = await tokens.issue({ userId, purpose: 'invitation', emailKey, lifetimeSeconds });
      const data = { hours: INVITATION_HOURS };
      await mails.add({
        kind: 'invitation',
        userId,
        recipient: emailKey,
        tokenId,
        data,
        origin: systemOrigin,
      });
      await events.record(eventBy(system, 'user.registered', { userId, roles }));
      return registration;
    });
  }

  /** Sets a user's password as a reset does: sessions, locks, tokens of messages and, by policy, personal access tokens end. */
  async setPassword(identifier: string, password: string): Promise<SetPasswordOutcome> {
    const { users, userAdministration, replacement, policy, hasher, unitOfWork } = this.#deps;
    const found = await userAdministration.find(identifier);
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
}
