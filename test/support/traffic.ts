import type { TestApp } from './app.ts';
import { type Answer, GraphQLClient, LOGIN, newAccount, PASSWORD, REFRESH } from './client.ts';

/** What people met with since the last time that somebody asked. */
export interface Lap {
  readonly requests: number;
  /** What went wrong, each request that failed. */
  readonly failures: readonly string[];
}

/** How many hold a session that they refresh; as many others sign in anew, again and again. */
const PEOPLE = 10;

/** At most so many requests at once: on a busy machine the traffic slows down and does not pile up. */
const MOST_PENDING = 20;

/** People who sign in and refresh at several instances by turns, so many requests a second, whatever becomes of them. */
export class Traffic {
  readonly #apps: readonly TestApp[];
  /** Those who are not refreshing just now. */
  readonly #holders: GraphQLClient[] = [];
  readonly #accounts: { email: string }[] = [];
  readonly #pending = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | null = null;
  readonly #looks = new Set<() => void>();
  #sent = 0;
  #answered = 0;
  #failures: string[] = [];

  private constructor(apps: readonly TestApp[]) {
    this.#apps = apps;
  }

  static async start(apps: readonly TestApp[], { perSecond }: { perSecond: number }): Promise<Traffic> {
    const traffic = new Traffic(apps);
    for (let i = 0; i < PEOPLE; i += 1) {
      const holder = new GraphQLClient(traffic.#url(i));
      await holder.signup();
      traffic.#holders.push(holder);
      const account = newAccount();
      await new GraphQLClient(holder.url).signup(account);
      traffic.#accounts.push(account);
    }
    traffic.#timer = setInterval(() => traffic.#send(), 1_000 / perSecond);
    return traffic;
  }

  /** The figures since the last lap, of all requests that have been answered. */
  lap(): Lap {
    const lap = { requests: this.#answered, failures: this.#failures };
    this.#answered = 0;
    this.#failures = [];
    return lap;
  }

  /** Resolves when so many requests of this lap have been answered. */
  untilAnswered(count: number): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (this.#answered < count) return;
        this.#looks.delete(look);
        resolve();
      };
      this.#looks.add(look);
      look();
    });
  }

  /** Resolves when every request has been answered. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await Promise.all(this.#pending);
  }

  #url(turn: number): string {
    return (this.#apps[turn % this.#apps.length] as TestApp).url;
  }

  #send(): void {
    if (this.#pending.size >= MOST_PENDING) return;
    this.#sent += 1;
    const sending = this.#request(this.#sent).finally(() => this.#pending.delete(sending));
    this.#pending.add(sending);
  }

  async #request(turn: number): Promise<void> {
    const url = this.#url(turn >> 1);
    const holder = turn % 2 === 0 ? undefined : this.#holders.shift();
    const answer = holder === undefined ? this.#login(url, turn) : this.#refresh(url, holder);
    const failure = await answer.then(failureOf, String);
    this.#answered += 1;
    if (failure !== null) this.#failures.push(failure);
    for (const look of this.#looks) look();
  }

  #login(url: string, turn: number): Promise<Answer> {
    const { email: identifier } = this.#accounts[turn % PEOPLE] as { email: string };
    return new GraphQLClient(url).send(LOGIN, { input: { identifier, password: PASSWORD } });
  }

  async #refresh(url: string, holder: GraphQLClient): Promise<Answer> {
    try {
      const input = { refreshToken: holder.refreshToken };
      const answer = await new GraphQLClient(url).send(REFRESH, { input });
      holder.refreshToken = answer.data?.refreshSession?.refreshToken ?? holder.refreshToken;
      return answer;
    } finally {
      this.#holders.push(holder);
    }
  }
}

function failureOf({ data, errors }: Answer): string | null {
  const { __typename } = data?.login ?? data?.refreshSession ?? {};
  return __typename === 'Authentication' ? null : JSON.stringify({ data, errors });
}
