export type Environment = 'development' | 'test' | 'production';

/** One thing that an operator can set. */
export interface Setting<T> {
  readonly accepts: Kind<T>;
  /** What it is, with its unit; Markdown. */
  readonly about: string;
  /** Text that is read as if it had been given, or how it comes about; none where "not set" is a value. */
  readonly default?: string | DerivedDefault;
  /** Must be given in production. */
  readonly required?: true;
  /** `NAME=` gives the empty text; elsewhere it leaves the default. */
  readonly emptyIsValue?: true;
  /** `NAME_FILE` names a file that holds it. */
  readonly secret?: true;
  /** Makes one outside production, which then is kept in the data folder. */
  readonly generate?: () => string;
}

export interface DerivedDefault {
  readonly words: string;
  readonly of: (known: Known) => string;
}

/** What defaults are derived from. */
export interface Known {
  readonly inContainer: boolean;
  readonly cores: number;
  /** The text of a setting that stands before this one and has a default; its default where it was refused. */
  readonly text: (name: string) => string;
}

/** One kind of value: what it accepts, in words, and how its text is read. */
export interface Kind<T> {
  /** Completes "NAME must be …" in refusals, and stands in the documentation. */
  readonly words: string;
  /**
   * The value, or undefined where the text is not one. A kind cannot say why: refusals consist of names and of these
   * words alone, so that none can show a secret (R38), not even one that was given to the wrong setting.
   */
  readonly parse: (text: string, environment: Environment) => T | undefined;
}
