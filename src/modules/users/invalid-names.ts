import type { InvalidField } from '../../core/invalid-field.ts';

export function invalidEmail(path: readonly string[]): InvalidField {
  return { path, code: 'MALFORMED', message: 'This is not an e-mail address.' };
}

export function invalidUsername(path: readonly string[]): InvalidField {
  return {
    path,
    code: 'MALFORMED',
    message:
      'A username has 3 to 32 characters: letters of one writing system, digits, dots, hyphens and underscores.',
  };
}

export function invalidDisplayName(path: readonly string[]): InvalidField {
  return { path, code: 'MALFORMED', message: 'A name has 1 to 100 characters, none of them invisible.' };
}
