import { expect, test } from '@jest/globals';
import { Rounds } from '../../src/core/rounds.ts';

/** Readings that settle when the test says so. */
function controlled() {
  const reads: { readonly key: string; resolve(value: string): void; reject(error: Error): void }[] = [];
  const rounds = new Rounds<string, string>();
  const read = (key: string) => () =>
    new Promise<string>((resolve, reject) => reads.push({ key, resolve, reject }));
  const join = (key: string, act: (value: string) => Promise<string>) => rounds.join(key, read(key), act);
  return { reads, join };
}

const same = async (value: string) => value;
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('callers share a reading from after they came, and from after the acts of the round before', async () => {
  const { reads, join } = controlled();
  let finish: (result: string) => void = () => undefined;
  const first = join(
    'a',
    () =>
      new Promise<string>((resolve) => {
        finish = resolve;
      }),
  );
  await turn();
  const others = [join('a', same), join('a', same)];
  reads[0]?.resolve('old');
  await turn();
  expect(reads).toHaveLength(1);
  finish('acted');
  expect(await first).toBe('acted');
  await turn();
  expect(reads).toHaveLength(2);
  const later = join('a', same);
  reads[1]?.resolve('new');
  expect(await Promise.all(others)).toEqual(['new', 'new']);
  await turn();
  reads[2]?.resolve('newest');
  expect(await later).toBe('newest');
  expect(reads).toHaveLength(3);
});

test('a failed reading fails its round, a failed act its caller, and the next round reads again', async () => {
  const { reads, join } = controlled();
  const failing = [join('a', same), join('a', same)];
  await turn();
  reads[0]?.reject(new Error('not read'));
  for (const caller of failing) await expect(caller).rejects.toThrow('not read');
  const clumsy = join('a', async () => {
    throw new Error('not done');
  });
  const other = join('a', same);
  await turn();
  reads[1]?.resolve('read');
  await expect(clumsy).rejects.toThrow('not done');
  expect(await other).toBe('read');
  expect(reads).toHaveLength(2);
});

test('keys do not wait for each other', async () => {
  const { reads, join } = controlled();
  void join('a', same);
  const b = join('b', same);
  await turn();
  expect(reads.map(({ key }) => key)).toEqual(['a', 'b']);
  reads[1]?.resolve('read');
  expect(await b).toBe('read');
});
