/** A bug that a test, or a run of faults, must find. */
export interface PlantedBug {
  /** What goes wrong, in one sentence. */
  readonly what: string;
  readonly file: string;
  /** Occurs once in the file. */
  readonly find: string;
  readonly replace: string;
  readonly test: NamedTest | FaultRun;
}

export interface NamedTest {
  readonly file: string;
  /** Part of the test's name: text, no pattern. */
  readonly name: string;
}

/** A run of `npm run faults`. */
export interface FaultRun {
  readonly seed: number;
  readonly minutes: number;
  /** Part of the names of the faults. */
  readonly only: string;
  /** The invariant that it reports as broken. */
  readonly invariant: string;
}
