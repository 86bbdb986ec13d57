export {
  type AccountName,
  type Identifier,
  parseEmail,
  parseIdentifier,
  parseUsername,
} from './account-names.ts';
export { parseDisplayName } from './display-name.ts';
export { invalidDisplayName, invalidEmail, invalidUsername } from './invalid-names.ts';
export { lostRoleChanges } from './lost-role-changes.ts';
export {
  changeProfile,
  type ProfileInput,
  parseProfileChanges,
} from './profile-changes.ts';
export { createReservedUsernames, type ReservedUsernames } from './reserved-usernames.ts';
export { UserService } from './user.service.ts';
export type { AccountStatus, User } from './user.ts';
export { emailKeyOf } from './user.ts';
export {
  EmailTaken,
  findByText,
  lockActiveByEmail,
  type NewUser,
  type ProfileChanges,
  type Registration,
  type UserDirectory,
  UsernameTaken,
} from './user-directory.ts';
export { UserList } from './user-list.ts';
export type { UsernameReservations } from './username-reservations.ts';
