export { AccountLocks } from './account-locks.ts';
export { BcryptPasswordHasher, type BcryptPool } from './bcrypt-password-hasher.ts';
export { LoginDefence } from './login-defence.ts';
export { PasswordService } from './password.service.ts';
export { PasswordAdministration } from './password-administration.ts';
export { PasswordCheck } from './password-check.ts';
export { createPasswordPolicy, PASSWORD_MAX_LENGTH } from './password-policy.ts';
export { SignupService } from './signup.service.ts';
export { SuspiciousAddresses } from './suspicious-addresses.ts';
