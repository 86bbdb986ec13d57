export { type BcryptPool, createPasswordHasher } from './bcrypt-password-hasher.ts';
export { type CreateAdministrator, createAdministratorCreation } from './create-administrator.ts';
export { PasswordService } from './password.service.ts';
export { PasswordCheck } from './password-check.ts';
export { createPasswordPolicy, PASSWORD_MAX_LENGTH } from './password-policy.ts';
export { createSetPassword, type SetPassword, type SetPasswordOutcome } from './set-password.ts';
export { SignupService } from './signup.service.ts';
