/** The scripts recommended for identifiers, those in everyday modern use (UAX 31, Table 5), by their ISO 15924 codes. */
const RECOMMENDED =
  'Arab Armn Beng Bopo Cyrl Deva Ethi Geor Grek Gujr Guru Hang Hani Hebr Hira Kana Khmr Knda Laoo Latn Mlym Mymr Orya ' +
  'Sinh Taml Telu Thaa Thai Tibt';

/** What may stand in one name: a script, or the scripts that Japanese, Chinese and Korean are written in beside Latin. */
const combinations = [
  'Latn Hani Hira Kana',
  'Latn Hani Bopo',
  'Latn Hani Hang',
  ...RECOMMENDED.split(' '),
].map((scripts) => {
  const classes = [...scripts.split(' '), 'Zyyy', 'Zinh'].map((script) => `\\p{Script_Extensions=${script}}`);
  return new RegExp(`^[${classes.join('')}]*$`, 'u');
});

/** Latin letters of phonetic notation, which no language spells names with: "ɑdmin", "ᴀdmin", "ꜱupport". */
const PHONETIC = /[\u0250-\u02af\u1d00-\u1dbf\ua720-\ua7ff\uab30-\uab6f]/;

/**
 * Whether `text` mixes scripts that no language mixes, or has one that is not in everyday use: what UTS 39 §5.2 calls its
 * Highly Restrictive level refuses. Mixed, letters of one script pass for another's ("admin" with a Cyrillic "а").
 */
export function mixesScripts(text: string): boolean {
  return PHONETIC.test(text) || !combinations.some((combination) => combination.test(text));
}
