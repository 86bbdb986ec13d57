import { describe, expect, test } from '@jest/globals';
import type { RepeatableRequest } from '../../src/core/idempotency.ts';
import { Secret } from '../../src/core/secret.ts';
import { SecretRing } from '../../src/core/secret-ring.ts';
import { IdempotentRequests } from '../../src/modules/idempotency/index.ts';
import type { KeptOutcome, KeptOutcomeStore } from '../../src/modules/idempotency/kept-outcome.store.ts';
import { OutcomeSeal } from '../../src/modules/idempotency/outcome-seal.ts';

const secret = new Secret('the secret of the server, which has leaked');
const request: RepeatableRequest = {
  key: '8e03978e-40d5-43dd-bc93-6894a57f9324',
  mutation: ['login', 'login'],
  args: { input: { identifier: 'ada', password: 'correct horse' } },
  proof: 'a session',
};
const outcome = { kind: 'opened', at: new Date(0), salt: Buffer.from([1, 2, 3]), list: ['a', null] };

describe('a sealed outcome', () => {
  test('is opened by the same request, dates and bytes as they were', () => {
    const opened = new OutcomeSeal(secret, structuredClone(request)).open(
      new OutcomeSeal(secret, request).seal(outcome),
    );
    expect(opened).toEqual(outcome);
  });

  test.each<[string, Partial<RepeatableRequest>]>([
    ['another key', { key: '8e03978e-40d5-43dd-bc93-6894a57f9325' }],
    ['another mutation', { mutation: ['signup', 'login'] }],
    ['another place in the answer', { mutation: ['login', 'second'] }],
    ['other arguments', { args: { input: { identifier: 'ada', password: 'correct horsf' } } }],
    ['another sender', { proof: 'another session' }],
    ['no sender', { proof: null }],
  ])('is neither found nor opened by %s', (_what, other) => {
    const sealed = new OutcomeSeal(secret, request).seal(outcome);
    const seal = new OutcomeSeal(secret, { ...request, ...other });
    expect(seal.id).not.toEqual(sealed.id);
    expect(() => seal.open(sealed)).toThrow('authenticate');
  });

  test('is neither found nor opened by another secret', () => {
    const sealed = new OutcomeSeal(secret, request).seal(outcome);
    const seal = new OutcomeSeal(new Secret('another'), request);
    expect(seal.id).not.toEqual(sealed.id);
    expect(() => seal.open(sealed)).toThrow('authenticate');
  });

  test('is not opened once a bit of it has changed, or if it is cut', () => {
    const seal = new OutcomeSeal(secret, request);
    const { id, sealed } = seal.seal(outcome);
    for (const i of sealed.keys()) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(i) ^ 1, i);
      expect(() => seal.open({ id, sealed: changed })).toThrow();
      expect(() => seal.open({ id, sealed: sealed.subarray(0, i) })).toThrow();
    }
  });

  test('never repeats: two of one outcome have nothing in common', () => {
    const seal = new OutcomeSeal(secret, request);
    expect(seal.seal(outcome).sealed).not.toEqual(seal.seal(outcome).sealed);
  });
});

test('an outcome is found while the secret is replaced, on whichever replica', async () => {
  const store = new MemoryStore();
  const newer = new Secret('the next secret of the server');
  const perform = (secrets: Secret[], answer: string) => {
    const requests = new IdempotentRequests({ store, secrets: new SecretRing(secrets), unitOfWork });
    return requests.once(request, () => requests.keep({ answer }));
  };
  expect(await perform([secret, newer], 'first')).toEqual({ answer: 'first' });
  expect(await perform([newer, secret], 'second')).toEqual({ answer: 'first' });
  expect(await perform([newer], 'third')).toEqual({ answer: 'third' });
});

class MemoryStore implements KeptOutcomeStore {
  readonly #rows: KeptOutcome[] = [];

  async insert(outcome: KeptOutcome): Promise<boolean> {
    return this.#rows.push(outcome) > 0;
  }

  async find(ids: readonly Buffer[]): Promise<KeptOutcome | null> {
    return this.#rows.find(({ id }) => ids.some((each) => each.equals(id))) ?? null;
  }

  async purge(): Promise<number> {
    return 0;
  }
}

const unitOfWork = {
  run: <T>(work: () => Promise<T>) => work(),
  runExclusively: <T>(_name: string, work: () => Promise<T>) => work(),
  requireAvailable: async () => undefined,
  afterCommit: (hook: () => unknown) => void hook(),
};

test('the second of two requests whose first outcome cannot be read is told to ask again', async () => {
  let finds = 0;
  const store: KeptOutcomeStore = {
    insert: async () => false,
    find: async () => {
      finds += 1;
      if (finds > 1) throw new Error('the database is away');
      return null;
    },
    purge: async () => 0,
  };
  const requests = new IdempotentRequests({ store, secrets: new SecretRing([secret]), unitOfWork });
  const repeated = requests.once(request, () => requests.keep({ answer: 'second' }));
  await expect(repeated).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
});
