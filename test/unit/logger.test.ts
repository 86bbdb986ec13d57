import { describe, expect, test } from '@jest/globals';
import { createLogger } from '../../src/platform/logger.ts';

/** What a terminal is shown. */
function shown(log: (logger: ReturnType<typeof createLogger>) => void): string {
  const output: string[] = [];
  log(createLogger('info', { write: (text: string | Uint8Array) => output.push(String(text)) > 0 }));
  return output.join('');
}

describe('the log on a terminal', () => {
  test('has time, level, message and fields in one line', () => {
    const output = shown((logger) =>
      logger.info({ url: 'http://localhost:4001/graphql', count: 2 }, 'serving'),
    );
    expect(output).toMatch(/^\d\d:\d\d:\d\d INFO {2}serving url=http:\/\/localhost:4001\/graphql count=2\n$/);
  });

  test('quotes what is more than a word, and shows nothing below its level', () => {
    expect(shown((logger) => logger.warn({ words: 'two words', list: ['a'] }, 'm'))).toContain(
      'WARN  m words="two words" list=["a"]',
    );
    expect(shown((logger) => logger.debug({}, 'm'))).toBe('');
  });

  test('has the stack and the cause of an error below the line', () => {
    const error = new Error('outer', { cause: new TypeError('inner') });
    const [line, first, ...rest] = shown((logger) => logger.error({ err: error }, 'failed')).split('\n');
    expect(line).toMatch(/ERROR failed$/);
    expect(first).toBe('    Error: outer');
    expect(rest.join('\n')).toContain('    caused by TypeError: inner');
  });

  test('lets no input forge a line or move the cursor', () => {
    const hostile = 'x\n12:00:00 INFO forged\u001b[2J\u009b2J\u202e\u2028';
    const output = shown((logger) => logger.warn({ hostile, err: { toString: () => hostile } }, hostile));
    expect(output.split('\n')).toHaveLength(3);
    expect(output.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u);
  });
});
