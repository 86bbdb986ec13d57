import { withParts } from '../app/app.ts';
import { accountLocks } from '../app/features/passwords.ts';
import { accountNotFound, type Command, UsageError } from './command.ts';
import { parseOptions } from './parse-options.ts';

export const unlock: Command = {
  usage: '<e-mail address or username>',
  summary: "end the locks of a user's account",
  details:
    'Wrong passwords lock an account for a while (LOCKOUT_FAILURES, LOCKOUT_MINUTES). A server may be running.',
  parse(args) {
    const [identifier] = parseOptions(args, [], 1).positionals;
    if (identifier === undefined) throw new UsageError('unlock needs an e-mail address or a username');
    return async (config, logger) => {
      const outcome = await withParts(config, logger, (parts) =>
        parts.get(accountLocks).unlockByOperator(identifier),
      );
      switch (outcome.kind) {
        case 'unlocked':
          console.log(`${outcome.user.email} is not locked any more.`);
          return;
        case 'not_found':
          throw accountNotFound();
        default:
          return outcome satisfies never;
      }
    };
  },
};
