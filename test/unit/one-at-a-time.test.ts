import { expect, test } from '@jest/globals';
import { UnavailableError } from '../../src/core/errors.ts';
import { OneAtATime } from '../../src/core/one-at-a-time.ts';

const never = async (): Promise<string> => {
  throw new Error('this must not run');
};

function controlled() {
  let settle: { resolve(value: string): void; reject(error: Error): void } | undefined;
  const work = () =>
    new Promise<string>((resolve, reject) => {
      settle = { resolve, reject };
    });
  return {
    work,
    resolve: (value: string) => settle?.resolve(value),
    reject: (error: Error) => settle?.reject(error),
  };
}

test('who comes second waits, does nothing and gets null', async () => {
  const changes = new OneAtATime<string>();
  const { work, resolve } = controlled();
  const first = changes.run('a', work);
  const second = changes.run('a', never);
  expect(await changes.run('b', async () => 'of another key')).toBe('of another key');
  resolve('done');
  expect(await Promise.all([first, second])).toEqual(['done', null]);
  expect(await changes.run('a', async () => 'again')).toBe('again');
});

test('what is unavailable is so for all who wait; any other failure is that of who caused it', async () => {
  const changes = new OneAtATime<string>();
  for (const failure of [new UnavailableError(new Error('silence')), new Error('a mistake')]) {
    const { work, reject } = controlled();
    const first = changes.run('a', work);
    const second = changes.run('a', never);
    reject(failure);
    await expect(first).rejects.toBe(failure);
    if (failure instanceof UnavailableError) await expect(second).rejects.toBe(failure);
    else expect(await second).toBeNull();
  }
});

test('who waited finds the key free', async () => {
  const changes = new OneAtATime<string>();
  const { work, resolve } = controlled();
  const first = changes.run('a', work);
  const second = changes.run('a', never).then(() => changes.run('a', async () => 'mine'));
  resolve('done');
  expect(await Promise.all([first, second])).toEqual(['done', 'mine']);
});
