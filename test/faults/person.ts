import { setTimeout as delay } from 'node:timers/promises';
import { PASSWORD } from '../../bench/lib/client.ts';
import type { OperationKind } from './history.ts';
import type { Random } from './random.ts';
import type { Answered, Asked, Requests, Result } from './requests.ts';

/** What a device keeps of its session. */
interface Device {
  readonly id: string;
  accessToken: string;
  /** All refresh tokens that it got, by generation. */
  readonly refreshTokens: Map<number, string>;
  generation: number;
  hasEnded: boolean;
}

interface Token {
  readonly id: string;
  readonly token: string;
  isRevoked: boolean;
}

/** Between two requests of one person, in milliseconds. */
const PAUSE_MS = { least: 50, most: 450 };

/** Sessions at a time. */
const MAX_DEVICES = 4;

/** What people do, as often as it is listed. */
const HABITS = [
  ...Array.from({ length: 6 }, () => 'me' as const),
  ...Array.from({ length: 6 }, () => 'refresh' as const),
  'login',
  'logout',
  'terminate',
  'ended',
  'repeat',
  'steal',
  'createToken',
  'useToken',
  'useToken',
  'revokeToken',
  'useRevoked',
  'wrongPassword',
] as const;

/** An honest user with several devices, who asks either instance, and repeats what was not answered. */
export class Person {
  readonly #name: string;
  readonly #email: string;
  readonly #address: string;
  readonly #requests: Requests;
  readonly #random: Random;
  readonly #devices: Device[] = [];
  readonly #ended: Device[] = [];
  readonly #tokens: Token[] = [];
  #guesses = 0;

  constructor(number: number, requests: Requests, random: Random) {
    this.#name = `person ${number}`;
    this.#email = `person${number}@example.com`;
    this.#address = `10.0.${number}.1`;
    this.#requests = requests;
    this.#random = random;
  }

  /** Goes on until `isOver`. */
  async live(isOver: () => boolean): Promise<void> {
    await this.#open('signup');
    while (!isOver()) {
      await delay(this.#random.integer(PAUSE_MS.least, PAUSE_MS.most));
      await this.#act(this.#random.pick(HABITS));
    }
  }

  async #act(habit: (typeof HABITS)[number]): Promise<void> {
    const device = this.#random.pick(this.#devices);
    if (device === undefined) return this.#open('login');
    const token = this.#random.pick(this.#tokens.filter(({ isRevoked }) => !isRevoked));
    switch (habit) {
      case 'login':
        return this.#devices.length < MAX_DEVICES ? this.#open('login') : undefined;
      case 'refresh':
        return this.#refresh(device);
      case 'repeat':
        return this.#repeat(device);
      case 'steal':
        return this.#steal(device);
      case 'me':
        return void (await this.#ask({
          kind: 'me',
          query: ME,
          subject: device.id,
          token: device.accessToken,
        }));
      case 'ended':
        return this.#useEnded();
      case 'logout':
        return this.#end(device, 'logout', '{ logout { __typename count } }', device);
      case 'terminate': {
        const other = this.#random.pick(this.#devices.filter((one) => one !== device));
        const query = `{ terminateSession(id: "${other?.id}") { __typename } }`;
        return other && this.#end(other, 'terminate', query, device);
      }
      case 'createToken':
        return this.#createToken(device);
      case 'useToken':
        return token && this.#useToken(token, 'useToken');
      case 'revokeToken':
        return token && this.#revoke(token, device);
      case 'useRevoked': {
        const revoked = this.#tokens.findLast(({ isRevoked }) => isRevoked);
        return revoked && this.#useToken(revoked, 'useRevoked');
      }
      case 'wrongPassword':
        return this.#guess();
      default:
        return habit satisfies never;
    }
  }

  /** Signs up, or in. Who repeats a sign-up that was not answered may be told that the address is taken. */
  async #open(kind: 'signup' | 'login'): Promise<void> {
    const input =
      kind === 'signup'
        ? { email: this.#email, password: PASSWORD }
        : { identifier: this.#email, password: PASSWORD };
    const type = kind === 'signup' ? 'SignupInput' : 'LoginInput';
    const query = `mutation ($input: ${type}!) { ${kind}(input: $input) { ${AUTHENTICATION} } }`;
    const subjectOf = (result: Result) => result?.session?.id ?? null;
    const { result } = await this.#ask({ kind, query, variables: { input }, subjectOf });
    if (result?.session === undefined) return kind === 'signup' ? this.#open('login') : undefined;
    const { session, accessToken, refreshToken } = result;
    const refreshTokens = new Map([[0, refreshToken]]);
    this.#devices.push({ id: session.id, accessToken, refreshTokens, generation: 0, hasEnded: false });
  }

  async #refresh(device: Device): Promise<void> {
    const { operation, result } = await this.#present(device, device.generation, 'refresh');
    if (operation.outcome === 'done') this.#keep(device, device.generation + 1, result);
    else if (/Ended|InvalidToken/.test(operation.answer)) this.#forget(device);
  }

  /** Presents the token before once more, at once, as a second tab of a browser does. */
  async #repeat(device: Device): Promise<void> {
    await this.#refresh(device);
    if (device.hasEnded || device.generation === 0) return;
    const before = performance.now();
    const { operation } = await this.#present(device, device.generation - 1, 'repeat', false);
    // Out of the grace it would be a theft.
    if (operation.outcome === 'refused' && performance.now() - before < 1_000) this.#forget(device);
  }

  /** A thief presents an older token: the session ends. */
  async #steal(device: Device): Promise<void> {
    if (device.generation < 3) return;
    await this.#present(device, device.generation - 3, 'steal');
    this.#forget(device);
  }

  #present(
    device: Device,
    generation: number,
    kind: 'refresh' | 'repeat' | 'steal',
    isRetried = true,
  ): Promise<Answered> {
    const token = device.refreshTokens.get(generation);
    const query = `mutation ($token: String!) { refreshSession(input: { refreshToken: $token }) { ${AUTHENTICATION}
      ... on SessionEndedError { endReason } } }`;
    return this.#ask({ kind, query, variables: { token }, subject: device.id, generation }, isRetried);
  }

  #keep(device: Device, generation: number, { accessToken, refreshToken }: Result): void {
    device.accessToken = accessToken;
    device.generation = generation;
    device.refreshTokens.set(generation, refreshToken);
    device.refreshTokens.delete(generation - 5);
  }

  async #useEnded(): Promise<void> {
    const device = this.#ended.at(-1);
    if (device === undefined) return;
    await this.#ask({ kind: 'ended', query: ME, subject: device.id, token: device.accessToken }, false);
  }

  async #end(device: Device, kind: 'logout' | 'terminate', query: string, by: Device): Promise<void> {
    this.#forget(device);
    await this.#ask({ kind, query: `mutation ${query}`, subject: device.id, token: by.accessToken });
  }

  async #createToken(device: Device): Promise<void> {
    const query = `mutation { createPersonalAccessToken(input: { name: "a script", scopes: ["profile:read"] }) {
      __typename ... on PersonalAccessTokenCreated { token personalAccessToken { id } } } }`;
    const subjectOf = (result: Result) => result?.personalAccessToken?.id ?? null;
    const { result } = await this.#ask({ kind: 'createToken', query, token: device.accessToken, subjectOf });
    if (result?.token === undefined) return;
    this.#tokens.push({ id: result.personalAccessToken.id, token: result.token, isRevoked: false });
  }

  async #useToken({ id, token }: Token, kind: 'useToken' | 'useRevoked'): Promise<void> {
    await this.#ask({ kind, query: ME, subject: id, token }, kind === 'useToken');
  }

  async #revoke(token: Token, { accessToken }: Device): Promise<void> {
    token.isRevoked = true;
    const query = `mutation { revokePersonalAccessToken(id: "${token.id}") { __typename } }`;
    await this.#ask({ kind: 'revokeToken', query, subject: token.id, token: accessToken });
  }

  /** Somebody guesses the password of an account that does not exist. */
  async #guess(): Promise<void> {
    const identifier = `nobody${Math.floor(this.#guesses / 12)}-${this.#email}`;
    this.#guesses += 1;
    const query = 'mutation ($input: LoginInput!) { login(input: $input) { __typename } }';
    const input = { identifier, password: `${PASSWORD}?` };
    await this.#ask({ kind: 'wrongPassword', query, variables: { input }, subject: identifier }, false);
  }

  #forget(device: Device): void {
    if (device.hasEnded) return;
    device.hasEnded = true;
    this.#devices.splice(this.#devices.indexOf(device), 1);
    this.#ended.push(device);
  }

  #ask(
    asked: Omit<Asked, 'client' | 'address'> & { readonly kind: OperationKind },
    isRetried = true,
  ): Promise<Answered> {
    const instance = this.#random.integer(0, 1);
    const whole = { ...asked, client: this.#name, address: this.#address };
    return isRetried ? this.#requests.untilAnswered(instance, whole) : this.#requests.send(instance, whole);
  }
}

const ME = '{ me { __typename id } }';
const AUTHENTICATION = '__typename ... on Authentication { accessToken refreshToken session { id } }';

/** Somebody who tries to sign in to one account after the other, from one address, so many times a second. */
export async function flood(requests: Requests, perSecond: number, isOver: () => boolean): Promise<void> {
  const pending = new Set<Promise<unknown>>();
  for (let i = 0; !isOver(); i += 1) {
    const input = { identifier: `flooded${i}@example.com`, password: PASSWORD };
    const sending = requests
      .send(i % 2, {
        client: 'the flooder',
        address: '10.1.1.1',
        kind: 'flood',
        query: 'mutation ($input: LoginInput!) { login(input: $input) { __typename } }',
        variables: { input },
      })
      .finally(() => pending.delete(sending));
    pending.add(sending);
    await delay(1_000 / perSecond);
  }
  await Promise.all(pending);
}
