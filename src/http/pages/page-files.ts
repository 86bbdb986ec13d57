import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { filesOfFolder, type PageFiles, type PageName } from './folder-files.ts';

/** The files of a page: those that the build made or, in a checkout, made now from its sources. */
export async function filesOfPage(name: PageName): Promise<PageFiles> {
  const built = fileURLToPath(new URL(`./${name}/`, import.meta.url));
  if (existsSync(built)) return filesOfFolder(built);
  // Its packages are for development: no build has them.
  const { makePage } = await import('./make-page.ts');
  return makePage(name);
}
