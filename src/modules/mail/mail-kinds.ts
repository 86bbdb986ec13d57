import type { JsonValue } from '../../core/json.ts';

/** Pages of the front-end to which messages link. */
export interface AppPaths {
  readonly home: string;
  readonly verifyEmail: string;
  readonly resetPassword: string;
  readonly confirmEmailChange: string;
  readonly cancelEmailChange: string;
}

interface MailKind {
  /** The page that `link` leads to. */
  readonly page: keyof AppPaths;
  /** What its templates may use, beside `product`, `recipient`, `link` and `at`; with values for checking them. */
  readonly data: Readonly<Record<string, JsonValue>>;
}

/** A request's origin, in words. Each may be null. */
const ORIGIN = { device: 'Firefox 140 on Linux', ipAddress: '192.0.2.7' };

/** Every kind of message. The name is that of its templates. */
export const mailKinds = {
  'verify-email': { page: 'verifyEmail', data: { ...ORIGIN, hours: 24 } },
  /** To an unconfirmed address of an account that another sign-up has created. */
  'verify-email-again': { page: 'verifyEmail', data: { ...ORIGIN, hours: 24 } },
  /** To the owner of an account with whose address somebody signed up. */
  'signup-with-known-email': { page: 'home', data: { ...ORIGIN } },
  'reset-password': { page: 'resetPassword', data: { ...ORIGIN, minutes: 60 } },
  invitation: { page: 'resetPassword', data: { hours: 24 } },
  'confirm-email-change': { page: 'confirmEmailChange', data: { ...ORIGIN, hours: 24 } },
  /** To the old address. */
  'email-change-requested': {
    page: 'cancelEmailChange',
    data: { ...ORIGIN, hours: 24, newEmail: 'a***@example.com' },
  },
  /** To the old address. */
  'email-changed': { page: 'home', data: { ...ORIGIN, newEmail: 'a***@example.com' } },
  'password-changed': { page: 'home', data: { ...ORIGIN } },
  'personal-access-token-created': { page: 'home', data: { ...ORIGIN, tokenName: 'laptop' } },
  'personal-access-token-revoked': { page: 'home', data: { ...ORIGIN, tokenName: 'laptop' } },
  'personal-access-token-leaked': { page: 'home', data: { tokenName: 'laptop' } },
  'personal-access-token-expiring': { page: 'home', data: { tokenName: 'laptop', days: 7 } },
  'refresh-token-reused': { page: 'home', data: { ...ORIGIN } },
  'new-device': { page: 'home', data: { ...ORIGIN } },
  'sign-in-blocked': { page: 'home', data: { ...ORIGIN } },
  'account-deleted': { page: 'home', data: {} },
} as const satisfies Readonly<Record<string, MailKind>>;

export type MailKindName = keyof typeof mailKinds;

/** The data of a kind: of the same properties, each of which may be null if it is text. */
export type MailDataOf<K extends MailKindName> = {
  readonly [P in keyof (typeof mailKinds)[K]['data']]: (typeof mailKinds)[K]['data'][P] extends number
    ? number
    : string | null;
};
