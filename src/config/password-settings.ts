import { oneOf, wholeNumber } from './plain-kinds.ts';
import { randomSecret, secretList } from './secret-kinds.ts';
import type { Setting } from './setting.ts';

/** Passwords, the defence of sign-in against guessing, and hashing. */
export const passwordSettings = {
  PASSWORD_PEPPER: {
    accepts: secretList,
    required: true,
    secret: true,
    generate: randomSecret,
    about: 'Keys of the HMAC applied to passwords before they are hashed: the first creates, all verify.',
  },
  PASSWORD_MIN_LENGTH: {
    accepts: wholeNumber(8, 64),
    default: '15',
    about: 'Minimum password length in code points.',
  },
  LOCKOUT_FAILURES: {
    // NIST SP 800-63B-4 §3.2.2: at most 100.
    accepts: wholeNumber(1, 100),
    default: '5',
    about:
      'Wrong passwords in a row after which sign-in with an identifier is locked, whether or not an account has it.',
  },
  LOCKOUT_MINUTES: {
    accepts: wholeNumber(1, 1_440),
    default: '15',
    about: 'Minutes of the first lock; each further one within a day lasts twice as long, at most a day.',
  },
  STUFFING_IDENTIFIERS: {
    accepts: wholeNumber(0, 100),
    default: {
      words: '15; 0 where NODE_ENV is test',
      of: ({ text }) => (text('NODE_ENV') === 'test' ? '0' : '15'),
    },
    about:
      'Identifiers that fail from one address within a day after which it may sign in only to accounts that know the device or ' +
      'the address. Five suffice if they are more than four times those that succeed. 0 disables this, and the check for ' +
      'passwords that fail with many identifiers.',
  },
  PASSWORD_HASH: {
    accepts: oneOf('bcrypt', 'argon2id'),
    default: 'bcrypt',
    about:
      'Algorithm of new password hashes. Hashes of the other are verified, and replaced at the next sign-in. `argon2id` ' +
      '(19 MiB, two passes, one lane) requires `@node-rs/argon2`: Latchkey does not start where it does not load and give ' +
      'known answers.',
  },
  BCRYPT_COST: {
    accepts: wholeNumber(10, 15, 4),
    default: '10',
    about: 'Binary logarithm of the bcrypt rounds; each step doubles the work.',
  },
  BCRYPT_ENGINE: {
    accepts: oneOf('auto', 'bcryptjs'),
    default: 'auto',
    about:
      'What computes bcrypt. `auto`: the native `@node-rs/bcrypt` where it is installed, loads and gives known answers at ' +
      'start, else `bcryptjs`. Both compute the same hashes.',
  },
  HASH_WORKERS: {
    accepts: wholeNumber(1, 64),
    default: { words: 'the number of cores', of: ({ cores }) => String(Math.min(cores, 64)) },
    about: 'Threads that hash passwords.',
  },
  HASH_QUEUE_SECONDS: {
    accepts: wholeNumber(1, 30),
    default: '2',
    about:
      'Maximum expected wait for a password hash, in seconds; beyond it the request is refused as `RATE_LIMITED`. ' +
      'Client addresses are served round robin, and so are the accounts named by one address.',
  },
} as const satisfies Record<string, Setting<unknown>>;
