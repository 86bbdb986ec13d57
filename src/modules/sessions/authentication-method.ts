/** What a proof rests on, as RFC 8176 §2 names it: password, one-time code, hardware or software key, user verification. */
export type AuthenticationMethodReference = 'pwd' | 'otp' | 'hwk' | 'swk' | 'user';

/** A proof of who the user is, given for a session. */
export interface AuthenticationMethod {
  readonly method: AuthenticationMethodReference;
  readonly completedAt: Date;
}
