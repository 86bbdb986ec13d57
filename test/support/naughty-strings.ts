import listed from 'big-list-of-naughty-strings' with { type: 'json' };

/** What the packaged edition of the Big List of Naughty Strings, of 2015, has not. */
const MORE = [
  'a\u0000b',
  '\u0001\u0008\u001b[31m\u007f\u0085',
  'a\r\nset-cookie: b=c',
  'a\ud800b',
  'a\ufffeb\uffff',
  'caf\u0065\u0301 ',
  '\u1e9b\u0323',
  'İstanbul',
  'straße',
  'ﬁnance',
  'ΌΔΥΣΣΕΎΣ',
  'x\u200dy\u202ez\u2066',
  '%',
  '_',
  '{0}',
  '{{7*7}}',
  '\u0024{jndi:ldap://127.0.0.1/a}',
  '__proto__',
  'constructor',
  '%00%0d%0a',
  'DEFAULT',
  '203.0.113.9',
];

/** The Big List of Naughty Strings (MIT), and what it lacks. */
export const naughtyStrings: readonly string[] = [...new Set([...listed, ...MORE])];

/** Of ASCII that prints, without spaces around it: most of the list, as much of it is markup. */
export function isPlain(text: string): boolean {
  return text === text.trim() && /^[\x20-\x7e]*$/.test(text);
}
