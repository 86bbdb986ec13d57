import { parseArgs } from 'node:util';
import { UsageError } from './command.ts';

interface Parsed<Name extends string> {
  readonly options: Partial<Record<Name, string>>;
  readonly positionals: readonly string[];
}

/**
 * Parses options that all take a value, and at most `maxPositionals` other arguments.
 *
 * @throws {UsageError}
 */
export function parseOptions<Name extends string>(
  args: string[],
  names: readonly Name[],
  maxPositionals = 0,
): Parsed<Name> {
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' } as const]));
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: maxPositionals > 0 });
    if (positionals.length > maxPositionals)
      throw new UsageError(`unexpected argument: ${positionals[maxPositionals]}`);
    return { options: values as Parsed<Name>['options'], positionals };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
