import { bodyOf, hostileBodies } from '../../test/support/hostile/bodies.ts';
import { hostileDocuments } from '../../test/support/hostile/documents.ts';
import { hostileHeads } from '../../test/support/hostile/headers.ts';
import type { Operation } from '../../test/support/hostile/places.ts';
import { HUGE } from '../../test/support/hostile/values.ts';
import { postMessage } from '../../test/support/hostile/wire.ts';
import { hostileOperations, places } from '../../test/support/hostile-inputs.ts';
import { login, type SignedIn } from './client.ts';

/** A hostile request, made when it is needed: all together they are hundreds of megabytes. */
export interface HostileMessage {
  readonly name: string;
  message(): Buffer;
}

/** Who sends them. Signed in anew now and then: a mutation that is accepted may have ended the session. */
export class Attacker {
  static readonly email = 'attacker@example.com';
  readonly #url: string;
  #signedIn: SignedIn;
  #sent = 0;

  private constructor(url: string, signedIn: SignedIn) {
    this.#url = url;
    this.#signedIn = signedIn;
  }

  /** As the account of this address, which there must be. */
  static async enter(url: string): Promise<Attacker> {
    return new Attacker(url, await login(url, Attacker.email));
  }

  get headers(): Record<string, string> {
    return { authorization: `Bearer ${this.#signedIn.accessToken}` };
  }

  get userId(): string {
    return this.#signedIn.user.id;
  }

  async beforeNext(): Promise<void> {
    this.#sent += 1;
    if (this.#sent % 50 !== 0) return;
    // A server that is busy has not refused for good.
    this.#signedIn = await login(this.#url, Attacker.email).catch(() => this.#signedIn);
  }
}

/** The table of test/security/hostile-inputs.test.ts, as what is written to a connection. */
export function hostileMessages(attacker: Attacker): HostileMessage[] {
  const operations = hostileOperationsOf(attacker, HUGE);
  const heads = hostileHeads(attacker.headers);
  return [
    ...operations.map(({ name, operation }) => ({
      name,
      message: () => postMessage(bodyOf(operation()), attacker.headers),
    })),
    ...operations
      .filter(({ kind }) => kind === 'subscription')
      .map(({ name, operation }) => ({
        name: `${name}, by server-sent events`,
        message: () => postMessage(bodyOf(operation()), { ...attacker.headers, accept: 'text/event-stream' }),
      })),
    ...hostileBodies().map(({ name, body }) => ({
      name,
      message: () => postMessage(body, attacker.headers),
    })),
    ...heads.map(({ name, message }) => ({ name, message: () => message })),
  ];
}

/** Documents, and every value at every place. */
export function hostileOperationsOf({ userId }: Attacker, bytes: number) {
  const documents = hostileDocuments({ bytes, userId }).map((document) => ({
    name: document.name,
    kind: document.query.startsWith('subscription') ? ('subscription' as const) : ('query' as const),
    operation: (): Operation => document,
  }));
  return [...documents, ...places.flatMap((place) => hostileOperations(place, bytes))];
}
