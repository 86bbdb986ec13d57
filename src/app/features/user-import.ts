import { TypeOrmImportedUserStore } from '../../modules/imports/imported-user.store.typeorm.ts';
import { IMPORT_BATCH, IMPORT_COLUMNS, UserImport } from '../../modules/imports/index.ts';
import { ImportFile, type ImportFormat } from '../../platform/import-file/import-file.ts';
import type { Parts } from '../parts.ts';
import { roleCatalogue, transactions } from './shared.ts';

// Apart from the feature, so that the server does not load what only a command uses.

export const userImport = (parts: Parts) =>
  new UserImport({
    store: new TypeOrmImportedUserStore(parts.database),
    roleCatalogue: parts.get(roleCatalogue),
    hashing: parts.pool,
    clock: parts.clock,
    ...parts.get(transactions),
  });

/** A file of users; `-` is standard input. */
export const openUserFile = (path: string, format: ImportFormat, signal: AbortSignal) =>
  new ImportFile(path, { format, columns: IMPORT_COLUMNS, batchSize: IMPORT_BATCH, signal });
