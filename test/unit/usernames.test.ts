import { describe, expect, test } from '@jest/globals';
import { parseIdentifier, parseUsername } from '../../src/modules/users/index.ts';

const usernameOf = (value: string) => parseUsername(value)?.text ?? null;

describe('a username', () => {
  test.each(
    [
      'ada',
      'Иван',
      'иван-2',
      'müller',
      'Łucja_7',
      '田中一郎',
      '田中さん',
      '田中タロー',
      'tanaka田中',
      'kim김철수',
      '金철수',
      'ㄅㄆㄇ',
      'Ελένη',
      'שלום',
      'محمد',
      'ბექა',
      'Սարգիս',
      'አበበ',
      'a.b-c_d',
      '123',
      'kaʻiulani',
    ].filter((name) => [...name].length >= 3),
  )('%s is accepted', (name) => {
    expect(usernameOf(name)).toBe(name.normalize('NFKC'));
  });

  test.each([
    ['Cyrillic а', 'аdmin'],
    ['Cyrillic о', 'rооt'],
    ['Greek ο', 'rοοt'],
    ['Armenian ս', 'sսpport'],
    ['Cherokee Ꭰ', 'ᎠᎡᎢ'],
    ['Cherokee within Latin', 'admiᎥ'],
    ['Deseret', '𐐨𐐩𐐪'],
    ['Lisu, whose letters are capitals', 'ꓮꓓꓟ'],
    ['Greek and Cyrillic', 'αбв'],
    ['Hangul and kana', '김철すず'],
    ['Latin and Arabic digits', 'admin٣'],
    ['Devanagari zero', 'r००t'],
  ])('%s: look-alikes are refused', (_, name) => {
    expect(usernameOf(name)).toBeNull();
  });

  test.each(['\u3164', '\u115f', '\u1160', '\uffa0', '\u200b', '\u200d', '\u00ad', '\ufe0f', '\u{e0061}'])(
    'what shows nothing is refused: %j',
    (filler) => {
      for (const name of [filler.repeat(3), `admin${filler}`, `ad${filler}min`, `김철수${filler}`])
        expect(usernameOf(name)).toBeNull();
    },
  );

  test('has 3 to 32 letters, digits and ._-', () => {
    for (const name of ['ab', 'a'.repeat(33), 'a b', ' ada', 'a@b.io', 'ada!', 'क्षमा', ''])
      expect(usernameOf(name)).toBeNull();
    expect(usernameOf('𠀀'.repeat(32))).toBe('𠀀'.repeat(32));
    expect(usernameOf('ａｄａ')).toBe('ada');
  });

  test('that is refused identifies nobody', () => {
    expect(parseIdentifier(' Аdmin ')).toBeNull();
    expect(parseIdentifier('ab')).toBeNull();
    expect(parseIdentifier(' Ada ')).toEqual({ kind: 'username', key: 'ada' });
  });
});
