import { Command } from '@commander-js/extra-typings';
import { accountSummary } from '../app/account-summary.ts';
import { withParts } from '../app/app.ts';
import { userAdministration } from '../app/features/administration.ts';
import { userList } from '../app/features/users.ts';
import { OperatorError } from '../core/operator-error.ts';
import { accountNotFound, IDENTIFIER, lastAdministrator, type Run } from './command.ts';

/** How many users `users find` prints. */
const MAX_FOUND = 50;

export const users = (run: Run) =>
  new Command('users')
    .summary('find, show, disable or enable users')
    .description('Finds, shows, disables or enables users.')
    .addCommand(find(run))
    .addCommand(show(run))
    .addCommand(setStatus(run, 'disable'))
    .addCommand(setStatus(run, 'enable'));

const find = (run: Run) =>
  new Command('find')
    .summary('list the users whose e-mail address, username or name has a part')
    .description(
      `Lists the newest ${MAX_FOUND} users whose e-mail address, username or name has this part, in any case. Text without three letters ` +
        'or digits in a row matches beginnings only.',
    )
    .argument('<text>', 'part of an e-mail address, username or name')
    .action((text) =>
      run(async (config, logger) => {
        const found = await withParts(config, logger, (parts) => parts.get(userList).find(text, MAX_FOUND));
        if (found === null)
          throw new OperatorError('The text is blank, too long, or has characters that no name has.');
        if (found.users.length === 0) console.log('There is no such user.');
        for (const { id, email, username, name, accountStatus } of found.users)
          console.log([id, accountStatus, email, username ?? '-', name ?? '-'].join('  '));
        if (found.hasMore) console.log('There are more: give a longer part.');
      }),
    );

const show = (run: Run) =>
  new Command('show')
    .summary("print a user's account")
    .description(
      "Prints a user's account, with its locks and the numbers of its active sessions and personal access tokens.",
    )
    .argument(...IDENTIFIER)
    .action((identifier) =>
      run(async (config, logger) => {
        const account = await withParts(config, logger, (parts) => accountSummary(parts, identifier));
        if (account === null) throw accountNotFound();
        const { user, lockedUntil, activeSessions, activePersonalAccessTokens } = account;
        for (const [name, value] of Object.entries({
          id: user.id,
          'e-mail address': `${user.email}${user.emailVerified ? '' : ' (not confirmed)'}`,
          username: user.username ?? '-',
          name: user.name ?? '-',
          status: user.accountStatus,
          roles: user.roles.join(', ') || '-',
          'locked until': lockedUntil?.toISOString() ?? '-',
          'active sessions': activeSessions,
          'active personal access tokens': activePersonalAccessTokens,
          created: user.createdAt.toISOString(),
          updated: user.updatedAt.toISOString(),
        }))
          console.log(`${name.padEnd(31)}${value}`);
      }),
    );

const WORDS = {
  disable: {
    status: 'DISABLED',
    summary: 'disable an account, and end all that acts for it',
    description:
      'Disables an account: its sessions end, its personal access tokens are revoked, and the links in its messages are void.',
    done: 'is disabled now.',
  },
  enable: {
    status: 'ACTIVE',
    summary: 'enable an account that is disabled',
    description: 'Enables an account that is disabled: its user may sign in again.',
    done: 'is enabled now.',
  },
} as const;

function setStatus(run: Run, name: keyof typeof WORDS) {
  const { status, summary, description, done } = WORDS[name];
  return new Command(name)
    .summary(summary)
    .description(description)
    .argument(...IDENTIFIER)
    .action((identifier) =>
      run(async (config, logger) => {
        const outcome = await withParts(config, logger, (parts) =>
          parts.get(userAdministration).changeStatus(identifier, status),
        );
        switch (outcome.kind) {
          case 'updated':
            console.log(`${outcome.user.email} ${done}`);
            return;
          case 'not_found':
            throw accountNotFound();
          case 'last_administrator':
            throw lastAdministrator();
          default:
            return outcome satisfies never;
        }
      }),
    );
}
