import { describe, expect, test } from '@jest/globals';
import { parseDisplayName } from '../../src/modules/users/index.ts';

describe('a display name', () => {
  test.each([
    'Ada Lovelace',
    "Seán O'Neill-Müller (she/her)",
    '田中 さくら',
    'Аda',
    'क्षमा',
    'क्‍ष',
    'ශ්‍රී ලංකා',
    'نمی‌دانم',
    'مِی‌دانم',
    'ക്‍ഷ',
    'Ada 👩‍💻',
    '👩🏽‍🚀',
    '🏳️‍🌈',
    '❤️‍🔥',
    '☺︎',
    '1️⃣',
    '🇩🇪',
    '©️ Ada',
    'a\u2800b',
    '１ﬁ',
  ])('%s is stored as it is given', (name) => {
    expect(parseDisplayName(name)).toBe(name);
  });

  test('is composed and trimmed', () => {
    expect(parseDisplayName(` ${'Zoë'.normalize('NFD')}\t`)).toBe('Zoë');
  });

  test.each([
    '',
    ' ',
    '\u2800',
    '\u2800 \u2800',
    '\u3164',
    '\u115f\u1160',
    '\uffa0',
    '\u200b',
    '\u034f',
    '\u200d',
    'Ada\u200b',
    'Ada\u200d',
    'A\u200dda',
    'A\u200cda',
    'Ada\ufe0f',
    '1\ufe0f',
    'Ada\u00ad',
    'Ada\u2060',
    'x\ufeffx',
    'Ada\u061c',
    'Ada\u202e',
    'Ada\u2066',
    'Ada\u180e',
    'Ada\u3164',
    'Ada\u{e0061}\u{e007f}',
    'Ada\u{e0100}',
    'Ada\ufff9x\ufffb',
    '👩\u200d',
    '👩\u200d\u200d💻',
    '👩\u200dAda',
    '\u200d👩',
    '👩\ufe0f\ufe0f',
    'क\u200d',
    'क\u200d\u200dक',
    'aʼ\u200dʼb',
    'a\u0304\u200c\u0304b',
    'क\u200da',
    'a\0b',
    'a\nb',
    'a\ud83db',
    'a\ue000b',
    'x'.repeat(101),
  ])('%j is refused', (name) => {
    expect(parseDisplayName(name)).toBeNull();
  });
});
