// What administrators do to users.

const ERROR = '... on AuthError { code message } ... on AuthInvalidInputError { fields { path code } }';
const USER = 'user { id email emailVerified username name roles accountStatus }';

export const CREATE_USER = `mutation ($input: CreateUserInput!) { createUser(input: $input) { __typename
  ... on UserCreated { ${USER} } ${ERROR} } }`;
export const UPDATE_USER = `mutation ($id: ID!, $input: UpdateUserInput!) { updateUser(id: $id, input: $input) { __typename
  ... on UserUpdated { ${USER} } ${ERROR} } }`;
export const DELETE_USER = `mutation ($id: ID!) { deleteUser(id: $id) { __typename ... on UserDeleted { id }
  ... on AuthError { code } } }`;
