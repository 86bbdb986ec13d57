import type { UnitOfWork } from './ports.ts';

/**
 * Runs `work`, which handles up to `limit` rows and returns their number, until none are left or another instance does this
 * work: in short transactions, so that each holds few locks.
 */
export async function inBatches(
  unitOfWork: UnitOfWork,
  name: string,
  limit: number,
  work: (limit: number) => Promise<number>,
): Promise<void> {
  while ((await unitOfWork.runExclusively(name, () => work(limit))) === limit);
}
