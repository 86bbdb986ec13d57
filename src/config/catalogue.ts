import { httpSettings } from './http-settings.ts';
import { mailSettings } from './mail-settings.ts';
import { operationSettings } from './operation-settings.ts';
import { passwordSettings } from './password-settings.ts';
import { processSettings } from './process-settings.ts';
import type { Setting } from './setting.ts';
import { tokenSettings } from './token-settings.ts';
import { userSettings } from './user-settings.ts';

/**
 * All settings, in the order of reading and documentation, each in the file of its topic. A derived default may use only
 * earlier settings.
 */
export const catalogue = {
  ...processSettings,
  ...httpSettings,
  ...tokenSettings,
  ...passwordSettings,
  ...mailSettings,
  ...userSettings,
  ...operationSettings,
};

type Catalogue = typeof catalogue;
export type SettingName = keyof Catalogue;

type Always = { readonly default: unknown } | { readonly generate: unknown };
type Replaceable = { readonly insteadOf: string };
type ValueOf<S> =
  S extends Setting<infer T> ? (S extends Replaceable ? T | null : S extends Always ? T : T | null) : never;

/** The value of each setting; null if not given and without a default. */
export type Settings = { readonly [N in SettingName]: ValueOf<Catalogue[N]> };
