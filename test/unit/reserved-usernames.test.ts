import { expect, test } from '@jest/globals';
import { parseUsername } from '../../src/modules/users/index.ts';
import { createReservedUsernames } from '../../src/modules/users/reserved-usernames.ts';

const isReserved = createReservedUsernames(['admin', 'no-reply', 'Support', 'login']);

/** Reserved, or not a username at all. */
function cannotBeChosen(name: string): boolean {
  const username = parseUsername(name);
  return username === null || isReserved(username);
}

test.each([
  'admin',
  'ADMIN',
  'ａｄｍｉｎ',
  'adm1n',
  'admın',
  'admin.',
  '_a.d-m_i.n_',
  'noreply',
  'n0-reply',
  'supp0rt',
  'Iogin',
  '1ogin',
  'аdmin',
  'ɑdmin',
  'ᴀdmin',
  'ꜱupport',
])('"%s" cannot be chosen', (name) => {
  expect(cannotBeChosen(name)).toBe(true);
});

test.each(['administrator', 'adam', 'norepl', 'login2', 'müller', 'Иван', 'kaʻiulani'])(
  '"%s" can be chosen',
  (name) => {
    expect(cannotBeChosen(name)).toBe(false);
  },
);
