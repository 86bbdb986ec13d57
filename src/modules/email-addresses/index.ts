export { EmailChange } from './email-change.service.ts';
export { EmailVerification, mayReplacePassword, VERIFICATION_HOURS } from './email-verification.service.ts';
export { maskEmail } from './masked-email.ts';
export type { EmailRequestOutcome } from './outcomes.ts';
