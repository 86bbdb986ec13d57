import { readFileSync } from 'node:fs';
import { Command } from '@commander-js/extra-typings';
import { withParts } from '../app/app.ts';
import { serviceClientAdministration } from '../app/features/service-clients.ts';
import { commaSeparated } from '../core/comma-separated.ts';
import { OperatorError } from '../core/operator-error.ts';
import { invalidInput, type Run } from './command.ts';

type Administration = ReturnType<typeof serviceClientAdministration>;
type ServiceClient = Awaited<ReturnType<Administration['list']>>[number];

const CLIENT = ['<client>', 'name or id of the client'] as const;
const PUBLIC_KEY = [
  '--public-key <file>',
  'public key in PEM, with whose private key the client signs assertions, in place of a secret',
] as const;

export const createClient = (run: Run) =>
  new Command('create-client')
    .summary('create a service client')
    .description(
      'Creates a service client: a back-end or another subgraph that gets tokens of its own. Prints its id and its secret, which is ' +
        'shown only now.',
    )
    .argument('<name>', 'name of the client')
    .requiredOption(
      '--audience <a,b>',
      'audiences of its tokens, and of those that it may introspect',
      commaSeparated,
    )
    .option('--scope <a,b>', 'scopes that its tokens may have', commaSeparated, [])
    .option('--on-behalf-of-users', 'the client may exchange access tokens of users, to act for them', false)
    .option(...PUBLIC_KEY)
    .action((name, { audience: audiences, scope: scopes, onBehalfOfUsers: actsForUsers, publicKey }) =>
      run(async (config, logger) => {
        const input = { name, audiences, scopes, actsForUsers, publicKey: readKey(publicKey) };
        const outcome = await withParts(config, logger, (parts) =>
          parts.get(serviceClientAdministration).create(input),
        );
        switch (outcome.kind) {
          case 'created':
            return printSecret(outcome);
          case 'name_taken':
            throw new OperatorError(`There is a service client ${name} already.`);
          case 'invalid_input':
            throw invalidInput(outcome.fields);
          default:
            return outcome satisfies never;
        }
      }),
    );

export const listClients = (run: Run) =>
  new Command('list-clients').description('Lists all service clients.').action(() =>
    run(async (config, logger) => {
      const clients = await withParts(config, logger, (parts) =>
        parts.get(serviceClientAdministration).list(),
      );
      if (clients.length === 0) console.log('There are no service clients.');
      for (const client of clients) console.log(lineOf(client));
    }),
  );

export const rotateClientSecret = (run: Run) =>
  new Command('rotate-client-secret')
    .summary('give a service client a new secret or key, beside the one that it has')
    .description(
      'Gives a service client a new secret or key. The newest one from before remains valid, until the next rotation; older ones end.',
    )
    .argument(...CLIENT)
    .option(...PUBLIC_KEY)
    .option(
      '--drop-others',
      'end all secrets and keys from before at once, and the tokens of the client with them',
      false,
    )
    .action((client, { publicKey, dropOthers: dropsOthers }) =>
      run(async (config, logger) => {
        const outcome = await withParts(config, logger, (parts) =>
          parts
            .get(serviceClientAdministration)
            .rotate(client, { publicKey: readKey(publicKey), dropsOthers }),
        );
        switch (outcome.kind) {
          case 'rotated':
            return printSecret(outcome);
          case 'not_found':
            throw notFound();
          case 'invalid_input':
            throw invalidInput(outcome.fields);
          default:
            return outcome satisfies never;
        }
      }),
    );

export const disableClient = (run: Run) =>
  new Command('disable-client')
    .summary('disable a service client, and revoke its tokens')
    .description('Disables a service client: it gets no tokens any more, and those that it has are revoked.')
    .argument(...CLIENT)
    .action((client) => setStatus(run, client, 'disable'));

export const enableClient = (run: Run) =>
  new Command('enable-client')
    .summary('enable a service client that is disabled')
    .description('Enables a service client that is disabled, with the secrets and keys that it had.')
    .argument(...CLIENT)
    .action((client) => setStatus(run, client, 'enable'));

function setStatus(run: Run, client: string, change: 'disable' | 'enable') {
  return run(async (config, logger) => {
    const outcome = await withParts(config, logger, (parts) =>
      parts.get(serviceClientAdministration)[change](client),
    );
    if (outcome.kind === 'not_found') throw notFound();
    console.log(`${outcome.client.name} is ${change}d now.`);
  });
}

function printSecret({ client, secret }: { readonly client: ServiceClient; readonly secret: string | null }) {
  console.log(`client id      ${client.id}`);
  if (secret !== null) console.log(`client secret  ${secret}`);
}

function lineOf({
  id,
  name,
  scopes,
  audiences,
  actsForUsers,
  credentials,
  createdAt,
  disabledAt,
}: ServiceClient) {
  return [
    id,
    name,
    disabledAt === null ? 'ACTIVE' : 'DISABLED',
    `audiences ${audiences.join(',')}`,
    `scopes ${scopes.join(',') || '-'}`,
    ...(actsForUsers ? ['on behalf of users'] : []),
    `by ${credentials.map(({ kind }) => kind).join(',')}`,
    `since ${createdAt.toISOString().slice(0, 10)}`,
  ].join('  ');
}

function readKey(file: string | undefined): string | null {
  if (file === undefined) return null;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new OperatorError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}

const notFound = () => new OperatorError('There is no such service client.');
