/** ISO 15924 codes of the scripts recommended for identifiers: those in everyday modern use (UAX 31, Table 5). */
const RECOMMENDED =
  'Arab Armn Beng Bopo Cyrl Deva Ethi Geor Grek Gujr Guru Hang Hani Hebr Hira Kana Khmr Knda Laoo Latn Mlym Mymr Orya ' +
  'Sinh Taml Telu Thaa Thai Tibt';

/** Scripts allowed together in one name: any single one, or those of Japanese, Chinese or Korean with Latin. */
const combinations = [
  'Latn Hani Hira Kana',
  'Latn Hani Bopo',
  'Latn Hani Hang',
  ...RECOMMENDED.split(' '),
].map((scripts) => {
  const classes = [...scripts.split(' '), 'Zyyy', 'Zinh'].map((script) => `\\p{Script_Extensions=${script}}`);
  return new RegExp(`^[${classes.join('')}]*$`, 'u');
});

/** Latin letters of phonetic notation, which no language's spelling uses: "ɑdmin", "ᴀdmin", "ꜱupport". */
const PHONETIC = /[\u0250-\u02af\u1d00-\u1dbf\ua720-\ua7ff\uab30-\uab6f]/;

/**
 * Whether `text` combines scripts that no language combines, or uses one that is not in everyday use, and so fails the
 * Highly Restrictive level of UTS 39 §5.2. A letter can look like one of another script ("admin" with a Cyrillic "а").
 */
export function mixesScripts(text: string): boolean {
  return PHONETIC.test(text) || !combinations.some((combination) => combination.test(text));
}
