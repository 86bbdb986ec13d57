// As a namespace, since the bundle takes the used parts of it.
import * as z from 'zod';
import { longestLifetimeSeconds } from '../../core/access-token-lifetimes.ts';
import type { EventBus } from '../../core/event-bus.ts';
import { newId } from '../../core/ids.ts';
import { OncePerMinute } from '../../core/once-per-minute.ts';
import type { Logger } from '../../core/ports.ts';

const CHANNEL = 'auth:issuers';

/** Whoever can publish on Redis writes it, and some of it gets into the log. */
const text = z.string().max(255);

const announcement = z.object({
  instance: text,
  issuer: text,
  audience: text,
  /** The key that signs, and all that verify, by their ids. */
  signs: text,
  verifies: z.array(text),
  /** Lifetime of the tokens that it issues. */
  ttlSeconds: z.number(),
});

type Announcement = z.infer<typeof announcement>;

interface Dependencies {
  readonly bus: EventBus;
  /** How this instance issues access tokens. */
  readonly own: Omit<Announcement, 'instance'>;
  readonly logger: Logger;
}

/**
 * Tells the other instances how this one issues access tokens, and warns if one of them issues others: what one has issued the other
 * refuses, and clients are refused or not by which of them their request reaches.
 */
export class IssuerAnnouncements {
  readonly #deps: Dependencies;
  readonly #own: Announcement;
  readonly #report = new OncePerMinute();
  #isSubscribed = false;

  constructor(dependencies: Dependencies) {
    this.#deps = dependencies;
    this.#own = { instance: newId(), ...dependencies.own };
  }

  /** To be called at start and from time to time. Without Redis it does nothing: that is reported elsewhere. */
  async announce(): Promise<void> {
    const { bus } = this.#deps;
    try {
      if (!this.#isSubscribed) await bus.subscribe(CHANNEL, (payload) => this.#compare(payload));
      this.#isSubscribed = true;
      await bus.publish([{ id: newId(), messages: [{ channel: CHANNEL, payload: { ...this.#own } }] }]);
    } catch {
      // The next call tries again.
    }
  }

  #compare(payload: unknown): void {
    const { success, data: other } = announcement.safeParse(payload);
    if (!success || other.instance === this.#own.instance) return;
    const settings = differences(this.#own, other);
    if (settings.length === 0) return;
    const { issuer, audience, signs: kid } = other;
    this.#report.run(() => {
      this.#deps.logger.warn(
        { settings, other: { issuer, audience, kid } },
        'another instance and this one refuse access tokens of each other: all instances need the same settings',
      );
      // One that has just started warns too, and at once.
      void this.announce();
    });
  }
}

/** The settings by which one of two instances refuses access tokens of the other. While keys are rotated, their lists may differ. */
function differences(one: Announcement, other: Announcement): string[] {
  const settings: string[] = [];
  if (one.issuer !== other.issuer) settings.push('JWT_ISSUER');
  if (one.audience !== other.audience) settings.push('JWT_AUDIENCE');
  if (!one.verifies.includes(other.signs) || !other.verifies.includes(one.signs))
    settings.push('JWT_PRIVATE_KEY or JWT_SECRET');
  const accepts = ({ ttlSeconds }: Announcement, issued: Announcement) =>
    issued.ttlSeconds <= longestLifetimeSeconds(ttlSeconds);
  if (!accepts(one, other) || !accepts(other, one)) settings.push('JWT_ACCESS_EXPIRY');
  return settings;
}
