/** Authentication method by its RFC 8176 §2 name: password, one-time code, hardware or software key, user verification. */
export type AuthenticationMethodReference = 'pwd' | 'otp' | 'hwk' | 'swk' | 'user';

/** One completed authentication of a session's user. */
export interface AuthenticationMethod {
  readonly method: AuthenticationMethodReference;
  readonly completedAt: Date;
}
