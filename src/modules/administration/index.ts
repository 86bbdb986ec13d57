export { AccountRemoval } from './account-removal.ts';
export { Administrators, type LastAdministrator, refuseLastAdministrator } from './administrators.ts';
export { Authority } from './authority.ts';
export { UserAdministration } from './user-administration.ts';
export { UserChanges } from './user-changes.ts';
export { invalidRoles } from './user-input.ts';
