import { describe, expect, test } from '@jest/globals';
import { type TestApp, withTestApp } from '../support/app.ts';
import { LOGIN, newAccount, PASSWORD } from '../support/client.ts';

const PEOPLE = 20;

/** Who sends a login: the i-th of them. */
type Sender = (i: number) => { readonly address: string; readonly identifier: string };

describe('while wrong logins fill the queue of hashes, everybody else signs in', () => {
  const oneIdentifier: Sender = () => ({ address: '203.0.113.66', identifier: 'nobody' });
  const oneAddress: Sender = (i) => ({ address: '203.0.113.66', identifier: `nobody${i}` });
  const oneNetwork: Sender = (i) => ({ address: `2001:db8:1:2::${i % 10_000}`, identifier: `nobody${i}` });

  test.each<[string, Sender, (i: number) => string]>([
    ['from one address, whatever identifiers are tried', oneAddress, (i) => `198.51.100.${i}`],
    ['from one network of IPv6, whatever hosts it has', oneNetwork, (i) => `2001:db8:0:${i}::1`],
    ['by one identifier, from the same address too', oneIdentifier, () => '203.0.113.66'],
  ])('%s', async (_, attacker, addressOf) => {
    // The queue is some 300 hashes long: many times the number of people.
    const env = { TRUSTED_PROXIES: '127.0.0.1', BCRYPT_COST: '7', HASH_QUEUE_SECONDS: '2' };
    await withTestApp({ env }, async (latchkey) => {
      const accounts = Array.from({ length: PEOPLE }, newAccount);
      for (const account of accounts) await latchkey.client().signup(account);

      const attack = new Attack(latchkey, attacker);
      await attack.fillQueue();
      const outcomes = await Promise.all(
        accounts.map(({ email }, i) => login(latchkey, addressOf(i), email, PASSWORD)),
      );
      await attack.stop();
      expect(outcomes).toEqual(accounts.map(() => 'Authentication'));
    });
  });
});

/** Wrong logins, as many at once as the queue takes; each that is answered is followed by the next. */
class Attack {
  readonly #latchkey: TestApp;
  readonly #sender: Sender;
  readonly #senders: Promise<void>[] = [];
  #sent = 0;
  #refused = 0;
  #stopped = false;

  constructor(latchkey: TestApp, sender: Sender) {
    this.#latchkey = latchkey;
    this.#sender = sender;
  }

  /** Sends more and more at once, until several are refused. */
  async fillQueue(): Promise<void> {
    while (this.#refused < 10) {
      for (let i = 0; i < 10; i++) this.#senders.push(this.#keepSending());
      // Answered without a hash, once those are on their way.
      await login(this.#latchkey, '203.0.113.1', '', '');
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#senders);
  }

  async #keepSending(): Promise<void> {
    while (!this.#stopped) {
      const { address, identifier } = this.#sender(this.#sent++);
      const outcome = await login(this.#latchkey, address, identifier, 'a wrong password');
      if (outcome !== 'RATE_LIMITED') continue;
      this.#refused += 1;
      return;
    }
  }
}

/** What came of it: `Authentication`, or the code of the error. */
async function login(
  latchkey: TestApp,
  address: string,
  identifier: string,
  password: string,
): Promise<string> {
  const variables = { input: { identifier, password } };
  const { data, errors } = await latchkey.client().send(LOGIN, variables, { 'x-forwarded-for': address });
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return data.login.code ?? data.login.__typename;
}
