export { IMPORT_COLUMNS } from './imported-user.ts';
export { IMPORT_BATCH, UserImport } from './user-import.ts';
