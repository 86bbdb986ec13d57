import { Command } from '@commander-js/extra-typings';
import { withParts } from '../app/app.ts';
import { userAdministration } from '../app/features/administration.ts';
import { accountLocks } from '../app/features/passwords.ts';
import { personalAccessTokenService } from '../app/features/personal-access-tokens.ts';
import { sessionQueries } from '../app/features/sessions.ts';
import { userList } from '../app/features/users.ts';
import { accountNotFound, CommandError, IDENTIFIER, lastAdministrator, type Run } from './command.ts';

/** How many users `users find` prints. */
const MAX_FOUND = 50;

export const users = (run: Run) =>
  new Command('users')
    .summary('find, show, disable or enable users')
    .description('Finds, shows, disables or enables users. A server may be running.')
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
          throw new CommandError('The text is blank, too long, or has characters that no name has.');
        if (found.users.length === 0) throw new CommandError('No user found.');
        for (const { id, email, username, name, accountStatus } of found.users)
          console.log([id, accountStatus, email, username ?? '-', name ?? '-'].join('  '));
        if (found.hasMore) console.log('There are more: give a longer part.');
      }),
    );

const show = (run: Run) =>
  new Command('show')
    .summary("print a user's account")
    .description(
      "Prints a user's account, with its locks and the numbers of its sessions and personal access tokens.",
    )
    .argument('<identifier>', 'e-mail address, username or id')
    .action((identifier) =>
      run(async (config, logger) => {
        const shown = await withParts(config, logger, async (parts) => {
          const user = await parts.get(userAdministration).find(identifier);
          if (user === null) throw accountNotFound();
          const [lockedUntil] = await parts.get(accountLocks).endsOf([user]);
          const [sessions] = await parts.get(sessionQueries).count([user.id], 'ACTIVE');
          const [tokens] = await parts.get(personalAccessTokenService).count([user.id], 'ACTIVE');
          return {
            id: user.id,
            email: `${user.email}${user.emailVerified ? '' : ' (not confirmed)'}`,
            username: user.username ?? '-',
            name: user.name ?? '-',
            status: user.accountStatus,
            roles: user.roles.join(', ') || '-',
            'locked until': lockedUntil?.toISOString() ?? '-',
            'live sessions': sessions,
            'access tokens': tokens,
            created: user.createdAt.toISOString(),
            updated: user.updatedAt.toISOString(),
          };
        });
        for (const [name, value] of Object.entries(shown)) console.log(`${name.padEnd(16)}${value}`);
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
