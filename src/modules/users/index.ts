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
export { emailKeyOf } from './user.ts';
export { UserAdministration } from './user-administration.ts';
export {
  EmailTaken,
  lockActiveByEmail,
  type NewUser,
  type Registration,
  type UserDirectory,
} from './user-directory.ts';
export type { UsernameReservations } from './username-reservations.ts';
