import { normalizeBounded } from './bounded-text.ts';

const MAX_LENGTH = 100; // code points

/** One emoji, or several that ZWJ (U+200D) makes one; variation selectors choose its form (UTS 51 §1.4). Or a keycap. */
const EMOJI = String.raw`\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|[\ufe0e\ufe0f])?`;
const EMOJI_SEQUENCE = String.raw`${EMOJI}(?:\u200d${EMOJI})*|[\d#*]\ufe0f\u20e3`;

/**
 * A letter or mark of the scripts in which ZWJ and ZWNJ decide how letters join, so that words are misspelt without
 * (UAX 31 §2.3). By Script, not Script_Extensions: some of the latter's apostrophes and accents occur in Latin names.
 */
const JOINING_SCRIPTS = 'Arab Syrc Mong Deva Beng Guru Gujr Orya Taml Telu Knda Mlym Sinh Khmr';
const JOINING = JOINING_SCRIPTS.split(' ').map((script) => `\\p{Script=${script}}`);
/** U+064B to U+0655 are the vowels of Arabic, which Unicode counts among the marks of any script. */
const JOINING_LETTER = String.raw`(?=[\p{L}\p{M}])[${JOINING.join('')}\u064b-\u0655]`;
const JOINER = `(?<=${JOINING_LETTER})[\\u200c\\u200d](?=${JOINING_LETTER})`;

const ALLOWED_INVISIBLE = new RegExp(`${EMOJI_SEQUENCE}|${JOINER}`, 'gu');

/** Control characters, and what hides or reorders text; U+FFF9 to U+FFFB are annotations that most fonts do not show. */
const FORBIDDEN = /[\p{Cc}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/u;
/** U+2800 is a Braille cell without dots. */
const VISIBLE = /(?![\p{Default_Ignorable_Code_Point}\u2800])[\p{L}\p{M}\p{N}\p{P}\p{S}]/u;

/** The name to show in `value`, or null when it is too long, shows nothing, or holds characters that forge or hide text. */
export function parseDisplayName(value: string): string | null {
  const text = normalizeBounded(value.trim(), 'NFC', 2 * MAX_LENGTH);
  if (text === null || [...text].length > MAX_LENGTH || !VISIBLE.test(text)) return null;
  return FORBIDDEN.test(text.replace(ALLOWED_INVISIBLE, '')) ? null : text;
}
