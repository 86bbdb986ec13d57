export { type BcryptPool, createPasswordHasher } from './bcrypt-password-hasher.ts';
export { type CreateAdministrator, createAdministratorCreation } from './create-administrator.ts';
export { PasswordCheck } from './password-check.ts';
export { createPasswordPolicy, PASSWORD_MAX_LENGTH, type PasswordPolicy } from './password-policy.ts';
export { SignInService } from './password-sign-in.service.ts';
