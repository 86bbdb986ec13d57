import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { commonPasswords } from '../../src/modules/passwords/common-passwords.ts';
import {
  createPasswordPolicy,
  isAcceptableLength,
  normalizePassword,
} from '../../src/modules/passwords/password-policy.ts';
import { cpuMs } from '../support/cpu.ts';

const policy = createPasswordPolicy({ minLength: 15 });
const lenient = createPasswordPolicy({ minLength: 8 });
const anna = { email: 'Anna.Smith77@mail.example.org', username: 'smithereen', name: 'Anna Łucja Smith' };

const refusal = (password: string, account: object = anna, rules = policy) =>
  rules.check(password, account)?.code ?? null;

describe('length', () => {
  test('is counted in code points: fourteen are too few, fifteen will do', () => {
    expect(refusal('🦊🐻🐼🐨🐯🦁🐮🐷🐸🐵🐔🐧🐦🐤')).toBe('TOO_SHORT');
    expect(refusal('🦊🐻🐼🐨🐯🦁🐮🐷🐸🐵🐔🐧🐦🐤🦆')).toBeNull();
  });

  test('is counted after composition: a decomposed spelling is not longer', () => {
    const composed = 'éàüöñçéàüöñçéxç'.slice(0, 14);
    expect(refusal(composed.normalize('NFD'))).toBe('TOO_SHORT');
    expect(refusal(`${composed}w`.normalize('NFD'))).toBeNull();
  });

  test('sixty-four characters of four bytes are accepted', () => {
    expect(refusal(varied(64, 0x1f400))).toBeNull();
  });

  test('256 code points of four bytes are accepted, 257 are not, whoever asks', () => {
    expect(refusal(varied(256, 0x1f400))).toBeNull();
    expect(refusal(varied(257, 0x1f400))).toBe('TOO_LONG');
    expect(isAcceptableLength(varied(256, 0x1f400))).toBe(true);
    expect(isAcceptableLength(varied(257, 0x1f400))).toBe(false);
  });

  test('the longest password is acceptable in its decomposed form too', () => {
    const syllables = varied(256, 0xac01);
    expect(isAcceptableLength(syllables.normalize('NFD'))).toBe(true);
    expect(isAcceptableLength(`${syllables}각`.normalize('NFD'))).toBe(false);
  });

  test('what could never be short enough is refused, however long it is', () => {
    expect(isAcceptableLength('x'.repeat(5_000_000))).toBe(false);
  });

  test('is told with the path of the field that is wrong', () => {
    expect(policy.check('short', anna, ['newPassword'])).toEqual({
      path: ['newPassword'],
      code: 'TOO_SHORT',
      message: 'Use at least 15 characters.',
    });
    expect(policy.check('short', anna)?.path).toEqual(['password']);
  });
});

describe('text', () => {
  test('a lone surrogate is malformed, and has no form to be hashed', () => {
    for (const lone of ['\ud83d', '\ude00', 'a\ude00\ud83db']) {
      expect(refusal(`kTz4 vQm9 wXs2 ${lone}`)).toBe('MALFORMED');
      expect(normalizePassword(lone)).toBeNull();
    }
    expect(normalizePassword('😀')).toBe('😀');
  });

  test('every spelling of a text has one form', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(normalizePassword(text.normalize('NFD'))).toBe(normalizePassword(text.normalize('NFC')));
      }),
    );
  });

  test('nothing is trimmed, folded or replaced', () => {
    for (const text of [' a ', 'a\tb', 'a\r\nb', 'a\0b', 'ABC', 'ﬁ', '①'])
      expect(normalizePassword(text)).toBe(text);
  });

  test.each([
    ['digits only', '719402856318047'],
    ['spaces between words', 'my dog ate all the homework'],
    ['words that are listed, among others', 'sunshine and rain'],
    ['several listed words', 'baseball computer mountain'],
    ['marks only', '!?%&/()=*#~+;:_'],
    ['emoji only', '🦊🐻🐼🐨🐯🦁🐮🐷🐸🐵🐔🐧🐦🐤🦆'],
    ['runs and something else', '1234 qwer vTkmx'],
    ['own name within a phrase', 'anna never eats breakfast'],
    ['control characters', 'kTz\0vQm\r\nwXs\tpLr d '],
  ])('any mix of characters is accepted: %s', (_, password) => {
    expect(refusal(password)).toBeNull();
  });
});

describe('guessable passwords', () => {
  test('every listed password is refused, in any case', () => {
    const accepted = [...commonPasswords].filter(
      (listed) => listed.length >= 8 && refusal(listed.toUpperCase(), {}, lenient) !== 'TOO_COMMON',
    );
    expect(accepted).toEqual([]);
    expect([...commonPasswords].filter((listed) => listed.length >= 8).length).toBeGreaterThanOrEqual(3000);
  });

  test.each([
    'passwordpassword',
    'aaaaaaaaaaaaaaaa',
    '😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀',
    'letmeinletmeinletmein',
    'abcabcabcabcabcab',
    '123456789012345',
    '987654321098765',
    'qwertyuiopasdfgh',
    'QwertyuiopASDFGH!',
    '1qaz2wsx3edc4rfv',
    'q1w2e3r4t5y6u7i8o9p0',
    'abcdefghijklmnop',
    '!@#$%^&*()!@#$%^',
    'password12345678',
    'Sunshine-2031!!',
    'Dragon 01.02.2003',
    'qwerty123456789',
  ])('%s is refused whoever chooses it', (password) => {
    expect(refusal(password, {})).toBe('TOO_COMMON');
  });

  test.each([
    'Latchkey-latchkey',
    'latchkey20310101',
    'LatchkeyPassword1',
    'anna.smith77@mail.example.org',
    'anna.smith77@mail',
    'mail.example.org1',
    'smithereen_2031_!',
    'ANNA ŁUCJA SMITH',
    'ŁucjaŁucja 123456'.normalize('NFD'),
  ])('%s is refused as the words of an account', (password) => {
    expect(refusal(password)).toBe('TOO_COMMON');
  });

  test("another's words are no reason to refuse", () => {
    expect(refusal('smithereen_2031_!', { email: 'bo@example.net' })).toBeNull();
  });

  test('an account without a name has no empty word that every password contains', () => {
    expect(refusal('719402856318047', { email: '', username: null, name: undefined })).toBeNull();
  });

  test('fifteen random characters are never refused', () => {
    // noBias: fast-check would otherwise prefer short alphabets' first letters, which is what guessable passwords are.
    const randomOf = (alphabet: string) =>
      fc.noBias(
        fc
          .array(fc.constantFrom(...alphabet), { minLength: 15, maxLength: 40 })
          .map((units) => units.join('')),
      );
    const letters = 'abcdefghijklmnopqrstuvwxyz';
    const random = fc.oneof(
      randomOf('0123456789'),
      randomOf(letters),
      randomOf(`${letters}${letters.toUpperCase()}0123456789`),
      randomOf(`${letters}${letters.toUpperCase()}0123456789!"#$%&'()*+,-./:;<=>?@[]^_{|}~ `),
    );
    fc.assert(
      fc.property(random, (password) => expect(refusal(password)).toBeNull()),
      { numRuns: 2000 },
    );
  });

  test('the check is over quickly for the longest input', () => {
    const slowest = `${'ab'.repeat(127)}xy`;
    expect(cpuMs(() => refusal(slowest))).toBeLessThan(20);
  });
});

/** `count` different characters in an order that follows no rule. */
function varied(count: number, first: number): string {
  return Array.from({ length: count }, (_, i) => String.fromCodePoint(first + ((i * 167) % 257))).join('');
}
