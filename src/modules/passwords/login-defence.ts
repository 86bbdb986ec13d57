import { RateLimitedError } from '../../core/errors.ts';
import { eventBy } from '../../core/events.ts';
import type { EventLog, HashStanding, PasswordHasher, UnitOfWork } from '../../core/ports.ts';
import type { Origin } from '../../core/principal.ts';
import type { KnownDevices } from '../known-devices/index.ts';
import type { RateLimited, RateLimits } from '../rate-limits/index.ts';
import { turnOf } from './hashing-turn.ts';
import type { UserWithPassword } from './password.ts';
import type { PasswordCheck, PasswordProof } from './password-check.ts';
import { knownSubject, nearSubject } from './subjects.ts';
import type { SuspiciousAddresses } from './suspicious-addresses.ts';

/** Delay of a suspicious sign-in, in milliseconds: slows a run that waits for each answer. */
const SUSPICIOUS_DELAY_MS = 1_000;

/** The real wait may be a day, until failures are forgotten; this is what clients are told. */
const SUSPICIOUS: RateLimited = { kind: 'rate_limited', retryAfterSeconds: 900 };

interface Dependencies {
  readonly check: PasswordCheck;
  readonly hasher: PasswordHasher;
  readonly limits: RateLimits;
  readonly devices: KnownDevices;
  readonly addresses: SuspiciousAddresses;
  readonly unitOfWork: UnitOfWork;
  readonly events: EventLog;
  readonly delay: (ms: number) => Promise<unknown>;
}

interface Login {
  readonly origin: Origin;
  /** Of the identifier as given. */
  readonly subject: string;
  readonly password: string;
  /** The cookie of a device that has signed in before. */
  readonly deviceToken: string | null;
}

type Result = PasswordProof | null | RateLimited;

/** How a check is counted and queued. */
interface Way {
  readonly subject: string;
  readonly standing: HashStanding;
  /** Whether a right password is admitted. */
  readonly admits?: () => Promise<boolean>;
}

/**
 * Checks the password of a sign-in. Uses of the limit by identifier and failures are counted apart for strangers, for devices
 * that the account knows by their cookie, and, once strangers are refused, for those on an address that the account was used
 * from: so strangers cannot lock the owner out. Where a sign-in looks like a part of an attack, only devices and addresses that
 * the account knows can sign in.
 *
 * What a stranger is answered, and when, is the same whether or not an account has the identifier.
 */
export class LoginDefence {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Null for a wrong password, or an identifier that no account has.
   *
   * @throws {RateLimitedError}
   */
  async prove(login: Login, candidate: UserWithPassword | null): Promise<Result> {
    const { addresses, devices, hasher } = this.#deps;
    const { subject, deviceToken, origin } = login;
    const userId = candidate?.user.id ?? null;
    if (userId !== null && devices.isTokenOf(userId, deviceToken)) {
      const known = { subject: knownSubject(subject), standing: 'known' } as const;
      await this.#spend(login, known.subject);
      return this.#check(login, candidate, known);
    }
    // Looked up once, and only where it matters: a statement less for most.
    let looked: Promise<boolean> | null = null;
    const isNear = () => {
      looked ??= devices.isAddressOf(userId, origin);
      return looked;
    };
    const near = { subject: nearSubject(subject), standing: 'known' } as const;
    if ((await addresses.isSuspicious(login)) && !(await isNear())) {
      await this.#spend(login, subject);
      return this.#refuse(login, candidate);
    }
    try {
      await this.#spend(login, subject);
    } catch (error) {
      if (!(error instanceof RateLimitedError) || !(await isNear())) throw error;
      await this.#spend(login, near.subject);
      return this.#check(login, candidate, near);
    }
    const isFavoured = hasher.isBusy && (await isNear());
    // Concurrent sign-ins all passed the check above: check again now that some have failed.
    const admits = async () => !(await addresses.isSuspicious(login)) || isNear();
    const result = await this.#check(login, candidate, {
      subject,
      standing: isFavoured ? 'known' : 'unknown',
      admits,
    });
    if (result?.kind === 'rate_limited' && (await isNear()))
      // A wrong password is answered as before: to others on this address it must not tell that the account was used here.
      return (await this.#check(login, candidate, near)) ?? result;
    // After a wrong password too: otherwise the answer would tell that a password is right.
    return result === null && !(await admits()) ? SUSPICIOUS : result;
  }

  /** Refuses a suspicious sign-in, whatever the password. */
  async #refuse(login: Login, candidate: UserWithPassword | null): Promise<RateLimited> {
    await this.#deps.delay(SUSPICIOUS_DELAY_MS);
    const admits = async () => false;
    await this.#check(login, candidate, { subject: login.subject, standing: 'suspicious', admits });
    return SUSPICIOUS;
  }

  async #check(login: Login, candidate: UserWithPassword | null, way: Way): Promise<Result> {
    const { addresses, check } = this.#deps;
    const { origin, password } = login;
    const { subject, standing, admits = async () => true } = way;
    const turn = turnOf(origin, login.subject, standing);
    const actor = { userId: null, origin };
    const attempt = { failure: 'user.login_failed', actor, subject, turn } as const;
    const proof = await check.proveIfAdmitted(attempt, candidate, password, async (isRight) => {
      const isAdmitted = isRight && (await admits());
      // Before anything is written, so that concurrent sign-ins hear of it early.
      if (!isAdmitted) await addresses.noteFailure(login);
      return isAdmitted;
    });
    if (proof === null) return null;
    if (proof.kind === 'locked') return { kind: 'rate_limited', retryAfterSeconds: proof.secondsLeft };
    if (proof.kind === 'blocked') {
      await this.#recordBlocked(login, candidate);
      return SUSPICIOUS;
    }
    await addresses.noteSuccess(login);
    return proof;
  }

  /** The owner must hear of it: somebody else may know the password. */
  async #recordBlocked({ origin }: Login, candidate: UserWithPassword | null): Promise<void> {
    const { events, unitOfWork } = this.#deps;
    if (candidate === null) return;
    const { id: userId } = candidate.user;
    const event = eventBy({ userId: null, origin }, 'user.login_blocked', { userId });
    await unitOfWork.run(() => events.record(event));
  }

  async #spend({ origin }: Login, subject: string): Promise<void> {
    await this.#deps.limits.spend(origin, [{ limit: 'login.identifier', subject }]);
  }
}
