import { describe, expect, test } from '@jest/globals';
import { newId } from '../../src/core/ids.ts';
import { parsePageRequest, toCursor } from '../../src/core/page.ts';
import { RoleCatalogue } from '../../src/core/role-catalogue.ts';
import { defaultRoles } from '../../src/core/scopes.ts';
import { parseTokenInput } from '../../src/modules/personal-access-tokens/token-input.ts';
import { parseSessionFilter } from '../../src/modules/sessions/session-filter.ts';

describe('a cursor', () => {
  const at = new Date(999_999_999_999_999);

  test('is read back, however late its time', () => {
    const position = { at, id: newId() };
    expect(parsePageRequest({ first: 1, after: toCursor(position) }).after).toEqual(position);
  });

  test('is not decoded when it is longer than any of ours, even where it begins as one', () => {
    const endless = Buffer.from(`1 ${newId()} ${'x'.repeat(100)}`).toString('base64url');
    expect(() => parsePageRequest({ first: 1, after: endless })).toThrow(
      'after is not a cursor of this list.',
    );
  });
});

describe('the address of a filter', () => {
  test('has an end', () => {
    expect(parseSessionFilter({ ipAddress: '192.0.2.1' }).ipAddress).toBe('192.0.2.1');
    const endless = `fe80::1%${'x'.repeat(100_000)}`;
    expect(() => parseSessionFilter({ ipAddress: endless })).toThrow(
      'filter.ipAddress is not an IP address.',
    );
  });
});

describe('the scopes of a token', () => {
  const parse = (scopes: readonly string[], name = 'ci') =>
    parseTokenInput(
      { name, scopes, expiresInDays: 1 },
      { roleCatalogue: new RoleCatalogue(defaultRoles), ownersRoles: ['user'], maxDays: 365 },
    );

  test('more than a hundred are one error, and nothing else is looked at', () => {
    expect(parse(Array(45_000).fill('no:such'), '')).toEqual({
      kind: 'invalid_input',
      fields: [{ path: ['scopes'], code: 'TOO_LONG', message: 'At most 100 scopes.' }],
    });
  });

  test('up to a hundred are told one by one', () => {
    const parsing = parse(Array(100).fill('no:such'));
    expect(parsing.kind === 'invalid_input' && parsing.fields).toHaveLength(100);
  });
});
