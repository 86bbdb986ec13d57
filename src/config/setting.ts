export type Environment = 'development' | 'test' | 'production';

/** A setting of the configuration. */
export interface Setting<T> {
  readonly accepts: Kind<T>;
  /** Description with the unit, in Markdown. */
  readonly about: string;
  /** Default text, parsed like a given one, or its derivation. Absent if "not set" is a valid value. */
  readonly default?: string | DerivedDefault;
  /** Must be given in production. */
  readonly required?: true;
  /** `NAME=` sets the empty text; for other settings it means "not set". */
  readonly emptyIsValue?: true;
  /** Secret; `NAME_FILE` may name a file that contains it. */
  readonly secret?: true;
  /** Must not be given together with this earlier setting, and is neither required nor generated beside it. */
  readonly insteadOf?: string;
  /** Generates a value outside production, which is stored in the data folder. */
  readonly generate?: () => string;
}

export interface DerivedDefault {
  readonly words: string;
  readonly of: (known: Known) => string;
}

/** Inputs of derived defaults. */
export interface Known {
  readonly inContainer: boolean;
  readonly cores: number;
  /** The text of an earlier setting with a default; the default if the given text was refused. */
  readonly text: (name: string) => string;
  /** Whether an earlier setting was given. */
  readonly isGiven: (name: string) => boolean;
}

/** A kind of value: description of the accepted texts, and their parser. */
export interface Kind<T> {
  /** Completes "NAME must be …" in problems; also used in the documentation. */
  readonly words: string;
  /**
   * The value, or undefined for an invalid text. Gives no reason: problems consist of names and `words` only, so that
   * none can reveal a secret, even one given to the wrong setting.
   */
  readonly parse: (text: string, environment: Environment) => T | undefined;
}
