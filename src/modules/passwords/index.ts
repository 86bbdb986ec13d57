export { AccountLocks } from './account-locks.ts';
export { LoginDefence } from './login-defence.ts';
export { PasswordService } from './password.service.ts';
export { PasswordAdministration } from './password-administration.ts';
export { PasswordCheck } from './password-check.ts';
export { createPasswordPolicy, PASSWORD_MAX_LENGTH } from './password-policy.ts';
export { type HashPool, PooledPasswordHasher } from './pooled-password-hasher.ts';
export { SignupService } from './signup.service.ts';
export { SuspiciousAddresses } from './suspicious-addresses.ts';
