import { badUserInput } from './errors.ts';
import { type Id, parseId } from './ids.ts';

const NOUNS = {
  User: 'a user',
  Session: 'a session',
  PersonalAccessToken: 'a personal access token',
  Event: 'an event',
} as const;

/** Parses an id that a client gave as an argument, or in another `place`. @throws {PublicError} BAD_USER_INPUT */
export function requireId<Kind extends keyof typeof NOUNS>(
  kind: Kind,
  value: string,
  place = 'This',
): Id<Kind> {
  const id = parseId<Id<Kind>>(value);
  if (id === null) throw badUserInput(`${place} is not the id of ${NOUNS[kind]}.`);
  return id;
}
