import { describe, expect, test } from '@jest/globals';
import { RoleCatalogue } from '../../src/core/role-catalogue.ts';
import { everyUsersScopes, ownScopes } from '../../src/core/scopes.ts';

const roles = new RoleCatalogue({ user: [], publisher: ['articles:write'] });

test('has the roles of the setting and no property of objects', () => {
  expect(roles.has('publisher')).toBe(true);
  expect(roles.has('editor')).toBe(false);
  expect(roles.has('constructor')).toBe(false);
});

test('a role adds its scopes to those of every user, and an unknown role none', () => {
  expect([...roles.scopesOf(['user', 'publisher'])]).toEqual([...everyUsersScopes, 'articles:write']);
  expect([...roles.scopesOf(['editor', 'constructor'])]).toEqual(everyUsersScopes);
});

describe('the description of a scope', () => {
  test('says what it allows', () => {
    expect(roles.describe('profile:read')).toBe(ownScopes['profile:read']);
  });

  test('says of a scope that only a role names that it belongs to another part of the graph', () => {
    expect(roles.describe('articles:write')).toBe('A scope of another subgraph.');
  });

  test('is null for a scope that nothing knows', () => {
    expect(roles.describe('articles:read')).toBeNull();
    expect(roles.describe('constructor')).toBeNull();
  });
});
