export type { AccountDisabled, InvalidCredentials, SignedIn } from './outcomes.ts';
export { SignInService } from './sign-in.service.ts';
export type { Proof } from './sign-in-method.ts';
