/** A record of a file that the operator passes to a command, or why there is none at this line. */
export type FileRecord =
  | {
      readonly kind: 'record';
      /** The line on which it begins, from 1. */
      readonly line: number;
      readonly value: unknown;
    }
  | RefusedRecord;

export interface RefusedRecord {
  readonly kind: 'refused';
  readonly line: number;
  /** Never with a value of the record: it could be a password hash. */
  readonly reason: string;
}
