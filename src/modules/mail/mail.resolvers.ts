import DataLoader from 'dataloader';
import { forbidden } from '../../core/errors.ts';
import type { UserId } from '../../core/ids.ts';
import { holds } from '../../core/principal.ts';
import type { LoaderDefinition } from '../../graphql/request/loaders.ts';
import { viewerOf } from '../../graphql/request/viewer.ts';
import type { FieldScopes } from '../../graphql/schema/field-scopes.ts';
import type { Resolvers } from '../generated.ts';
import type { MailFailure, MailFailures } from './mail-failures.ts';

export function mailResolvers(failures: MailFailures): Resolvers {
  const latest: LoaderDefinition<DataLoader<UserId, MailFailure | null>> = (principal) =>
    new DataLoader((userIds) => failures.latestOf(principal, userIds));

  return {
    User: {
      mailFailure: (view, _args, context) => {
        if (!holds(viewerOf(view, context), 'users:read'))
          throw forbidden('You may not see the messages of this account.');
        return context.loaders.get(latest).load(view.user.id);
      },
    },
  };
}

export const mailFieldScopes: FieldScopes = { 'User.mailFailure': [['users:read']] };
