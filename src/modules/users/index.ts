export {
  type AccountName,
  type Identifier,
  parseEmail,
  parseIdentifier,
  parseUsername,
} from './account-names.ts';
export { parseDisplayName } from './display-name.ts';
export { invalidDisplayName, invalidEmail, invalidUsername } from './invalid-names.ts';
export { createReservedUsernames, type ReservedUsernames } from './reserved-usernames.ts';
export { UserService } from './user.service.ts';
export type { AccountStatus, User } from './user.ts';
export { UserAdministration } from './user-administration.ts';
export type { NewUser, Registration, UserDirectory } from './user-directory.ts';
