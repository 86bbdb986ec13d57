import { createReservedUsernames, UserList, UserService } from '../../modules/users/index.ts';
import { userEvents } from '../../modules/users/user.events.ts';
import { userFieldScopes, userFinders, userResolvers } from '../../modules/users/user.resolvers.ts';
import { personalUser, UserEntity } from '../../modules/users/user.store.typeorm.ts';
import { createUserLoaders } from '../../modules/users/user.view.ts';
import { TypeOrmUserList } from '../../modules/users/user-list.typeorm.ts';
import {
  personalUsernameReservations,
  TypeOrmUsernameReservations,
  UsernameReservationEntity,
} from '../../modules/users/username-reservations.typeorm.ts';
import type { Feature } from '../feature.ts';
import type { Parts } from '../parts.ts';
import { lockouts } from './lockout.ts';
import { transactions, userStore } from './shared.ts';

export const reservedUsernames = ({ config }: Parts) => createReservedUsernames(config.reservedUsernames);

const userService = (parts: Parts) =>
  new UserService({
    store: parts.get(userStore),
    isReserved: parts.get(reservedUsernames),
    ...parts.get(transactions),
  });

export const userList = (parts: Parts) =>
  new UserList({ store: new TypeOrmUserList(parts.database), locks: parts.get(lockouts) });

export const usernameReservations = ({ database }: Parts) => new TypeOrmUsernameReservations(database);

export const userLoaders = (parts: Parts) => createUserLoaders(parts.get(userService));

export const users: Feature = {
  entities: [UserEntity, UsernameReservationEntity],
  personalData: () => [personalUser, personalUsernameReservations],
  fieldScopes: userFieldScopes,
  events: userEvents,
  purges: (parts) => [
    { what: 'reservations of usernames', run: (limit) => parts.get(usernameReservations).purge(limit) },
  ],
  finders: (parts) => userFinders(parts.get(userService)),
  resolvers: (parts) => [
    userResolvers({
      users: parts.get(userService),
      userList: parts.get(userList),
      userLoaders: parts.get(userLoaders),
    }),
  ],
};
