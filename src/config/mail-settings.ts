import { appPaths, folder, mailbox, oneOf, publicUrl, trueOrFalse } from './plain-kinds.ts';
import { secretUrl } from './secret-kinds.ts';
import type { Setting } from './setting.ts';

/** Messages, and what proof of a mailbox decides. */
export const mailSettings = {
  SMTP_URL: {
    accepts: secretUrl('smtp', 'smtps'),
    secret: true,
    about:
      'The mail server, such as `smtp://user:password@mail.example.com:587`. Without it, messages are written as files into the folder ' +
      '`mail` of DATA_DIR. In production a server without TLS gets none, unless the URL ends in `?requireTLS=false`.',
  },
  MAIL_FROM: {
    accepts: mailbox,
    default: 'Latchkey <latchkey@localhost>',
    about:
      'Sender of messages. Its name is that of the product in their text. Must be given with SMTP_URL in production.',
  },
  APP_URL: {
    accepts: publicUrl,
    default: 'http://localhost:3000',
    about:
      'URL of the front end, to which links in messages lead. Must be given with SMTP_URL in production, as https except for loopback.',
  },
  APP_PATHS: {
    accepts: appPaths,
    default: '{}',
    about:
      'Pages of the front end that differ from the defaults `{"home":"/","verifyEmail":"/verify-email","resetPassword":' +
      '"/reset-password","confirmEmailChange":"/confirm-email-change","cancelEmailChange":"/cancel-email-change"}`. Links add ' +
      '`#token=…`.',
  },
  MAIL_TEMPLATES: {
    accepts: folder,
    about: 'Folder of templates that replace or translate the shipped ones, file by file.',
  },
  EMAIL_VERIFICATION: {
    accepts: oneOf('required', 'optional'),
    default: {
      words: 'required with SMTP_URL, else optional',
      of: ({ isGiven }) => (isGiven('SMTP_URL') ? 'required' : 'optional'),
    },
    about:
      'Whether users must confirm their email address before they sign in. If `required`, `signup` answers new and known addresses ' +
      'alike. If `optional`, it signs in at once, and tells that an address is taken.',
  },
  PASSWORD_RESET_REVOKES_TOKENS: {
    accepts: trueOrFalse,
    default: 'true',
    about:
      'Whether a password that is replaced without the old one, by a reset or the operator, revokes the personal access tokens too.',
  },
} as const satisfies Record<string, Setting<unknown>>;
