import type { SettingName, Settings } from './catalogue.ts';
import { catalogue } from './catalogue.ts';
import type { Machine } from './machine.ts';
import type { Environment, Known, Setting } from './setting.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

/** Result of reading the settings. They are valid only if there are no problems. */
export interface Reading {
  readonly settings: Settings;
  /** One sentence each, with names and accepted forms, never a value. */
  readonly problems: readonly string[];
  /** Newly generated values of secrets that were not given; not stored yet. */
  readonly generated: ReadonlyMap<SettingName, string>;
}

/**
 * Reads all settings. A default is parsed like a given text. A refused setting takes its default while the rest is
 * read, so that one mistake is reported once.
 */
export function readSettings(variables: Variables, machine: Machine): Reading {
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  const generated = new Map<SettingName, string>();
  const texts = new Map<string, string>();
  const givenNames = new Set<string>();
  const known = {
    inContainer: machine.inContainer,
    cores: machine.cores,
    text: (name: string) => texts.get(name) ?? '',
    isGiven: (name: string) => givenNames.has(name),
  };

  for (const [name, setting] of settingsInOrder()) {
    const environment = (values['NODE_ENV'] ?? 'development') as Environment;
    const given = givenText(name, setting, variables, machine);
    if (given.kind !== 'absent') givenNames.add(name);
    if (setting.insteadOf !== undefined && givenNames.has(setting.insteadOf)) {
      if (given.kind !== 'absent' && values[setting.insteadOf] != null)
        problems.push(`${setting.insteadOf} and ${name} must not both be given`);
      values[name] = null;
      continue;
    }
    const problem = problemOf(name, setting, given, environment);
    if (problem !== null) problems.push(problem);

    const text = given.kind === 'text' && problem === null ? given.text : defaultText(setting, known);
    values[name] = text === null ? null : setting.accepts.parse(text, environment);
    if (text !== null && setting.secret !== true) texts.set(name, text);
    if (text !== null && setting.generate !== undefined && given.kind === 'absent') generated.set(name, text);
  }
  return { settings: values as unknown as Settings, problems, generated };
}

/** The catalogue's entries in order, without their exact types. */
export function settingsInOrder(): readonly (readonly [SettingName, Setting<unknown>])[] {
  return Object.entries(catalogue) as unknown as [SettingName, Setting<unknown>][];
}

type Given =
  | { readonly kind: 'absent' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'problem'; readonly problem: string };

function givenText(name: string, setting: Setting<unknown>, variables: Variables, machine: Machine): Given {
  const text = variables[name];
  if (setting.secret !== true) {
    // Env files and compose files write "not set" as `NAME=`.
    return text === undefined || (text.trim() === '' && setting.emptyIsValue !== true)
      ? { kind: 'absent' }
      : { kind: 'text', text: text.trim() };
  }
  const fileName = `${name}_FILE`;
  const path = variables[fileName];
  if (text !== undefined && path !== undefined) {
    return { kind: 'problem', problem: `${name} and ${fileName} must not both be given` };
  }
  if (path !== undefined) return fileText(fileName, path, machine);
  if (text === undefined) return { kind: 'absent' };
  // An empty secret is usually a template that failed to expand; treating it as not set could disable a protection.
  return text === '' ? { kind: 'problem', problem: `${name} must not be empty` } : { kind: 'text', text };
}

function problemOf(
  name: string,
  setting: Setting<unknown>,
  given: Given,
  environment: Environment,
): string | null {
  switch (given.kind) {
    case 'problem':
      return given.problem;
    case 'absent':
      return setting.required === true && environment === 'production'
        ? `${name} must be given in production`
        : null;
    case 'text':
      return setting.accepts.parse(given.text, environment) === undefined
        ? `${name} must be ${setting.accepts.words}`
        : null;
  }
}

/** Problems quote neither the path nor the system's message: the path may be the secret itself, given by mistake. */
function fileText(fileName: string, path: string, machine: Machine): Given {
  try {
    const text = machine.readFile(path).replace(/\r?\n$/, '');
    if (text === '') return { kind: 'problem', problem: `${fileName} must not name an empty file` };
    return { kind: 'text', text };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    return { kind: 'problem', problem: `${fileName} must name a readable file (${code})` };
  }
}

function defaultText(setting: Setting<unknown>, known: Known): string | null {
  if (setting.generate !== undefined) return setting.generate();
  return typeof setting.default === 'object' ? setting.default.of(known) : (setting.default ?? null);
}
