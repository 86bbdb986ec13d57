import { readdir, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** The files of a page by their path below it, such as `assets/logo.svg`. A path that is not listed is not served. */
export type PageFiles = ReadonlyMap<string, () => Promise<Uint8Array>>;

/** Pages: folders of `src`, and of what the build makes. */
export type PageName = 'console' | 'playground';

/** The files below `folder`, each read when it is asked for. */
export async function filesOfFolder(folder: string): Promise<PageFiles> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  return new Map(
    paths.map((path) => [asUrlPath(path.slice(join(folder, sep).length)), () => readFile(path)]),
  );
}

function asUrlPath(path: string): string {
  return path.split(sep).join('/');
}
