import { normalizeBounded } from './bounded-text.ts';

const MAX_LENGTH = 100; // code points

/** An emoji, a sequence of emoji joined by ZWJ (U+200D), or a keycap. Variation selectors choose the style (UTS 51 §1.4). */
const EMOJI = String.raw`\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|[\ufe0e\ufe0f])?`;
const EMOJI_SEQUENCE = String.raw`${EMOJI}(?:\u200d${EMOJI})*|[\d#*]\ufe0f\u20e3`;

/**
 * Scripts whose spelling needs ZWJ and ZWNJ, which control how letters join (UAX 31 §2.3). Matched by Script, not by
 * Script_Extensions, which include apostrophes and accents of Latin names.
 */
const JOINING_SCRIPTS = 'Arab Syrc Mong Deva Beng Guru Gujr Orya Taml Telu Knda Mlym Sinh Khmr';
const JOINING = JOINING_SCRIPTS.split(' ').map((script) => `\\p{Script=${script}}`);
/** U+064B to U+0655 are Arabic vowel marks, whose Script is Inherited. */
const JOINING_LETTER = String.raw`(?=[\p{L}\p{M}])[${JOINING.join('')}\u064b-\u0655]`;
const JOINER = `(?<=${JOINING_LETTER})[\\u200c\\u200d](?=${JOINING_LETTER})`;

const ALLOWED_INVISIBLE = new RegExp(`${EMOJI_SEQUENCE}|${JOINER}`, 'gu');

/** Control characters, and those that hide or reorder text. Most fonts do not show the annotations U+FFF9 to U+FFFB. */
const FORBIDDEN = /[\p{Cc}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/u;
/** A visible character. U+2800, a Braille cell without dots, is not one. */
const VISIBLE = /(?![\p{Default_Ignorable_Code_Point}\u2800])[\p{L}\p{M}\p{N}\p{P}\p{S}]/u;

/** Parses a display name; null if it is too long, has nothing visible, or has characters that hide or reorder text. */
export function parseDisplayName(value: string): string | null {
  const text = normalizeBounded(value.trim(), 'NFC', 2 * MAX_LENGTH);
  if (text === null || [...text].length > MAX_LENGTH || !VISIBLE.test(text)) return null;
  return FORBIDDEN.test(text.replace(ALLOWED_INVISIBLE, '')) ? null : text;
}
