export { type CreateAdministrator, createAdministratorCreation } from './create-administrator.ts';
export type * from './outcomes.ts';
export { PasswordCheck } from './password-check.ts';
export { type LoginInput, SignInService } from './sign-in.service.ts';
export type { SignupInput } from './signup-input.ts';
