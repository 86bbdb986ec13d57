import { system } from '../../core/actor.ts';
import { type Clock, systemClock } from '../../core/clock.ts';
import { eventBy } from '../../core/events.ts';
import type { FileRecord, RefusedRecord } from '../../core/file-record.ts';
import { newId, type UserId } from '../../core/ids.ts';
import type { EventLog, UnitOfWork } from '../../core/ports.ts';
import type { RoleCatalogue } from '../../core/role-catalogue.ts';
import type { ImportedUserStore } from './imported-user.store.ts';
import { type ImportedUser, type ImportRules, parseImportedUser } from './imported-user.ts';
import { SeenNames } from './seen-names.ts';

/** Lines of one transaction. */
export const IMPORT_BATCH = 500;

/** What became of the records of a batch. */
export interface ImportedBatch {
  readonly read: number;
  readonly created: number;
  /** Whose e-mail address an account has already: left as it is. */
  readonly existing: number;
  readonly refused: readonly RefusedRecord[];
}

interface Dependencies {
  readonly store: ImportedUserStore;
  readonly roleCatalogue: Pick<RoleCatalogue, 'has'>;
  readonly hashing: { computes(algorithm: 'argon2id'): boolean };
  readonly unitOfWork: UnitOfWork;
  readonly events: EventLog;
  readonly clock?: Clock;
}

interface Line {
  readonly line: number;
  readonly user: ImportedUser;
}

/** Addresses, usernames and ids of earlier lines. None of one kind is one of another: they differ in length, or by "@". */
interface Seen {
  has(name: string): boolean;
  add(name: string): unknown;
}

/**
 * Imports users of another system, batch by batch, each in a transaction. Started again after it was killed, it finds the users of
 * finished batches by their e-mail address, and creates the others. No authorisation: whoever runs the CLI has the configuration
 * and the database.
 */
export class UserImport {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** The next batch is read once the result of the last is taken. A dry run reports what would become of the records. */
  async *run(
    batches: AsyncIterable<readonly FileRecord[]>,
    { isDry }: { readonly isDry: boolean },
  ): AsyncGenerator<ImportedBatch> {
    const { roleCatalogue, hashing, clock = systemClock } = this.#deps;
    const rules: ImportRules = {
      isRole: (name) => roleCatalogue.has(name),
      computesArgon2: hashing.computes('argon2id'),
      now: clock.now(),
    };
    // What a real run has created before, it finds in the database.
    const seenInDryRun = isDry ? new SeenNames() : null;
    for await (const records of batches) {
      const refused: RefusedRecord[] = [];
      const lines: Line[] = [];
      for (const record of records) {
        const parsed = record.kind === 'refused' ? record : parseImportedUser(record.value, rules);
        if (parsed.kind === 'parsed') lines.push({ line: record.line, user: parsed.user });
        else refused.push({ kind: 'refused', line: record.line, reason: parsed.reason });
      }
      const decision = await this.#decide(lines, seenInDryRun ?? new Set());
      const written = isDry ? { created: decision.free.length, ...NONE } : await this.#write(decision.free);
      yield {
        read: records.length,
        created: written.created,
        existing: decision.existing + written.existing,
        refused: [...refused, ...decision.refused, ...written.refused].sort((a, b) => a.line - b.line),
      };
    }
  }

  /** Of several lines with one address, username or id the first wins, if it is not refused itself. */
  async #decide(lines: readonly Line[], seen: Seen) {
    const taken = await this.#deps.store.findTaken(lines.map(({ user }) => user));
    const free: Line[] = [];
    const refused: RefusedRecord[] = [];
    let existing = 0;
    for (const { line, user } of lines) {
      const { email, username, id } = user;
      const refuse = (reason: string) => refused.push({ kind: 'refused', line, reason });
      if (taken.emails.has(email.key) || seen.has(email.key)) existing += 1;
      else if (id !== null && (taken.ids.has(id) || seen.has(id))) refuse('id: Another account has this id.');
      else if (username !== null && (taken.usernames.has(username.key) || seen.has(username.key)))
        refuse('username: Another account has this username.');
      else {
        free.push({ line, user });
        for (const name of [email.key, id, username?.key]) if (name != null) seen.add(name);
      }
    }
    return { free, existing, refused };
  }

  async #write(lines: readonly Line[]) {
    const { store, unitOfWork, events } = this.#deps;
    if (lines.length === 0) return { created: 0, ...NONE };
    const identified = lines.map(({ line, user }) => ({
      line,
      user: { ...user, id: user.id ?? newId<UserId>() },
    }));
    const users = identified.map(({ user }) => user);
    const added = await unitOfWork.run(async () => {
      const ids = await store.add(users);
      const created = users.filter(({ id }) => ids.has(id));
      await events.record(
        ...created.map(({ id: userId, roles }) => eventBy(system, 'user.imported', { userId, roles })),
      );
      return ids;
    });
    // Somebody signed up, or another import ran, meanwhile.
    const left = identified.filter(({ user }) => !added.has(user.id));
    if (left.length === 0) return { created: added.size, ...NONE };
    const { existing, refused, free } = await this.#decide(left, new Set());
    const vanished = free.map(({ line }): RefusedRecord => ({ kind: 'refused', line, reason: VANISHED }));
    return { created: added.size, existing, refused: [...refused, ...vanished] };
  }
}

const NONE = { existing: 0, refused: [] as readonly RefusedRecord[] };
const VANISHED =
  'Another account had this e-mail address, username or id for a moment. Import the line again.';
