import { setTimeout as sleep } from 'node:timers/promises';
import { eventBy } from '../../core/events.ts';
import type { EventLog, HashStanding, PasswordHasher, UnitOfWork } from '../../core/ports.ts';
import type { Origin } from '../../core/principal.ts';
import type { KnownDevices } from '../known-devices/index.ts';
import type { RateLimited } from '../rate-limits/index.ts';
import { knownSubject, turnOf } from './hashing-turn.ts';
import type { UserWithPassword } from './password.ts';
import type { PasswordCheck, PasswordProof } from './password-check.ts';
import type { SuspiciousAddresses } from './suspicious-addresses.ts';

/** Delay of a suspicious sign-in, in milliseconds. */
const SUSPICIOUS_DELAY_MS = 1_000;

/** Its failures are forgotten after a day; to wait longer is the better advice. */
const SUSPICIOUS: RateLimited = { kind: 'rate_limited', retryAfterSeconds: 900 };

interface Dependencies {
  readonly check: PasswordCheck;
  readonly hasher: PasswordHasher;
  readonly devices: KnownDevices;
  readonly addresses: SuspiciousAddresses;
  readonly unitOfWork: UnitOfWork;
  readonly events: EventLog;
}

interface Login {
  readonly origin: Origin;
  /** Of the identifier as given. */
  readonly subject: string;
  readonly password: string;
  /** The cookie of a device that has signed in before. */
  readonly deviceToken: string | null;
}

/**
 * Checks the password of a sign-in. Failures of devices that the account knows are counted apart from those of strangers, who
 * thus cannot lock its owner out; and where a sign-in looks like a part of an attack, only devices that the account knows
 * can sign in.
 *
 * What a stranger is answered, and when, is the same whether or not an account has the identifier.
 */
export class LoginDefence {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Null for a wrong password, or an identifier that no account has. */
  async prove(login: Login, candidate: UserWithPassword | null): Promise<PasswordProof | null | RateLimited> {
    const { addresses, devices, hasher } = this.#deps;
    const userId = candidate?.user.id ?? null;
    const isSuspicious = await addresses.isSuspicious(login);
    let isKnown = userId !== null && devices.isTokenOf(userId, login.deviceToken);
    // The address is looked up only where it matters: a statement less for most.
    const lookUpAddress = async () => {
      isKnown ||= await devices.isAddressOf(userId, login.origin);
      return isKnown;
    };
    if (isSuspicious && !(await lookUpAddress())) return this.#refuse(login, candidate);
    if (hasher.isBusy) await lookUpAddress();

    let proof = await this.#check(login, candidate, isKnown ? 'known' : 'unknown');
    if (proof?.kind === 'locked' && !isKnown && (await lookUpAddress()))
      proof = await this.#check(login, candidate, 'known');
    if (proof?.kind === 'locked') return { kind: 'rate_limited', retryAfterSeconds: proof.secondsLeft };
    if (proof === null) await addresses.noteFailure(login);
    // Of many sign-ins at once the first to fail tell of the others. Asked for a wrong password too, or the answer would tell
    // which one is right.
    if (!isKnown && (await addresses.isSuspicious(login)) && !(await lookUpAddress()))
      return proof === null ? SUSPICIOUS : this.#block(login, candidate);
    if (proof !== null) await addresses.noteSuccess(login);
    return proof;
  }

  /** Refuses a suspicious sign-in, whatever the password. */
  async #refuse(login: Login, candidate: UserWithPassword | null): Promise<RateLimited> {
    await sleep(SUSPICIOUS_DELAY_MS);
    const proof = await this.#check(login, candidate, 'suspicious');
    if (proof?.kind === 'proof') return this.#block(login, candidate);
    if (proof === null) await this.#deps.addresses.noteFailure(login);
    return SUSPICIOUS;
  }

  /** Refuses a suspicious sign-in whose password is right: somebody else may know it. */
  async #block({ origin }: Login, candidate: UserWithPassword | null): Promise<RateLimited> {
    const { events, unitOfWork } = this.#deps;
    if (candidate !== null) {
      const { id: userId } = candidate.user;
      const event = eventBy({ userId: null, origin }, 'user.login_blocked', { userId });
      await unitOfWork.run(() => events.record(event));
    }
    return SUSPICIOUS;
  }

  #check({ origin, subject, password }: Login, candidate: UserWithPassword | null, standing: HashStanding) {
    const attempt = {
      failure: 'user.login_failed',
      origin,
      subject: standing === 'known' ? knownSubject(subject) : subject,
      turn: turnOf(origin, subject, standing),
    } as const;
    return this.#deps.check.prove(attempt, candidate, password);
  }
}
