import { styleText } from 'node:util';
import { escapeControls } from '../core/escape-controls.ts';

/** Formats a JSON log line for a terminal: time, level, message and fields, then the stack of an error. */
export function readableLine(json: string): string {
  const { time, level, service: _service, msg, err, ...fields } = JSON.parse(json) as Line;
  const head = [
    styleText('dim', new Date(time).toLocaleTimeString('en-GB')),
    styleText(STYLES[level] ?? 'white', level.toUpperCase().padEnd(5)),
    escapeControls(msg),
    ...Object.entries(fields).map(([name, value]) => styleText('dim', `${name}=${asText(value)}`)),
  ].join(' ');
  return `${[head, ...(err === undefined ? [] : describe(err))].join('\n')}\n`;
}

interface Line {
  readonly time: string;
  readonly level: string;
  readonly service?: string;
  readonly msg: string;
  readonly err?: LoggedError | string;
  readonly [field: string]: unknown;
}

interface LoggedError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly cause?: LoggedError | string;
}

const STYLES: Readonly<Record<string, Parameters<typeof styleText>[0]>> = {
  fatal: 'red',
  error: 'red',
  warn: 'yellow',
  info: 'green',
};

function asText(value: unknown): string {
  const text = typeof value === 'string' && /^[^\s"]+$/.test(value) ? value : JSON.stringify(value);
  return escapeControls(text);
}

function describe(error: LoggedError | string): string[] {
  if (typeof error === 'string') return [`    ${escapeControls(error)}`];
  const { name, message, stack = `${name}: ${message}`, cause } = error;
  const lines = stack.split('\n').map((line) => `    ${escapeControls(line)}`);
  if (cause === undefined) return lines;
  const [first = '', ...rest] = describe(cause);
  return [...lines, `    caused by ${first.trimStart()}`, ...rest];
}
