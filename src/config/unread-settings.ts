import { olderSettings } from './older-settings.ts';
import { settingsInOrder } from './read-settings.ts';

/** Finds variables that look like settings of Latchkey but are not, misspelt or named as in other programs: a sentence each. */
export function unreadSettings(variables: readonly string[]): readonly string[] {
  const settings = settingsInOrder().flatMap(([name, { secret }]) =>
    secret ? [name, `${name}_FILE`] : [name],
  );
  return [...variables]
    .sort()
    .filter((name) => VARIABLE.test(name) && !settings.includes(name) && !isForeign(name))
    .flatMap((name) => {
      const older = olderSettings[name];
      if (older !== undefined) return [`nothing reads ${name}: its place is taken by ${older}`];
      const misspelt = settings.find((setting) => isMisspelt(name, setting));
      if (misspelt !== undefined) return [`nothing reads ${name}: is ${misspelt} meant?`];
      return FIRST_WORDS.test(name) ? [`nothing reads ${name}: README.md lists the settings`] : [];
    });
}

const VARIABLE = /^[A-Z][A-Z0-9_]*$/;

/** Prefixes that few other programs use; excludes NODE_, HOST_, LOG_, PUBLIC_, DATA_, PERSONAL_ and the like. */
const FIRST_WORDS = /^(BCRYPT|CORS|DATABASE|JWT|PASSWORD|REDIS|REFRESH|ROUTER|SESSION|TRUSTED)_/;

/** Variables set by Kubernetes for services of such names, by desktop sessions and by `pass`. */
function isForeign(name: string): boolean {
  return /_SERVICE_(HOST|PORT)(_|$)|_PORT(_\d+_(TCP|UDP).*)?$|^SESSION_MANAGER$|^PASSWORD_STORE_/.test(name);
}

/** Short names allow no difference: `POST` is not a misspelt `PORT`. */
function isMisspelt(name: string, setting: string): boolean {
  const most = setting.length < 8 ? 0 : setting.length < 9 ? 1 : 2;
  return Math.abs(name.length - setting.length) <= most && distance(name, setting) <= most;
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [row, letter] of [...a].entries()) {
    const current = [row + 1];
    for (let column = 1; column <= b.length; column += 1) {
      const [above = 0, diagonal = 0, before = 0] = [
        previous[column],
        previous[column - 1],
        current[column - 1],
      ];
      current.push(Math.min(above + 1, before + 1, diagonal + (letter === b[column - 1] ? 0 : 1)));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
