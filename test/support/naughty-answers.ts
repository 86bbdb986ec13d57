import { afterAll, afterEach, expect } from '@jest/globals';
import { type TestApp, useTestApp } from './app.ts';
import type { HttpAnswer } from './http.ts';
import { KeptConnections } from './kept-connections.ts';
import { RecordingLogger } from './logger.ts';

/** An app that naughty strings are sent to. */
export interface NaughtyApp {
  readonly latchkey: TestApp;
  readonly connections: KeptConnections;
  send(query: string, variables: object, headers?: Record<string, string>): Promise<HttpAnswer>;
}

/** An app for the tests of this file, whose log must stay without an error. */
export function useNaughtyApp(): NaughtyApp {
  const logger = new RecordingLogger();
  const connections = new KeptConnections();
  const latchkey = useTestApp({
    logger,
    env: { TRUSTED_PROXIES: '127.0.0.1', HASH_WORKERS: '2', HASH_QUEUE_SECONDS: '30' },
  });
  afterAll(() => connections.close());
  afterEach(() => {
    const lines = logger.lines.splice(0);
    expect(lines.filter((line) => line.startsWith('error'))).toEqual([]);
  });
  return {
    latchkey,
    connections,
    send: (query, variables, headers = {}) =>
      connections.post(latchkey.url, JSON.stringify({ query, variables }), headers),
  };
}

export const bearer = ({ accessToken }: { accessToken: string | null }) => ({
  authorization: `Bearer ${accessToken}`,
});

/** What only our insides say: statements, Postgres, stacks, files, addresses. */
const INSIDES =
  /\b(SELECT|INSERT|UPDATE|DELETE|relation|constraint|postgres|typeorm|stack|stacktrace|node_modules)\b|\/src\/|\.[jt]s\b|invalid (byte|input syntax)|violates|127\.0\.0\.1/;

/** An access token. Its signature is random, and begins with `.js-` some day. */
const JWT = /\beyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/g;

/** What is wrong with an answer to these strings; null when nothing is. */
export function offence(
  { status, text }: { status: number; text: string },
  ...sent: string[]
): string | null {
  const told = sent
    .filter((one) => INSIDES.test(one))
    .reduce((rest, one) => rest.replaceAll(JSON.stringify(one).slice(1, -1), ''), text.replaceAll(JWT, ''));
  const failed = status !== 200 || /INTERNAL_SERVER_ERROR|SERVICE_UNAVAILABLE/.test(text);
  return failed || INSIDES.test(told) ? `${JSON.stringify(sent)}: ${status} ${text.slice(0, 1_000)}` : null;
}

/** Those that are wrong. */
export const offences = async (found: Promise<(string | null)[]>) =>
  (await found).filter((one) => one !== null);

export function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, i) => items.slice(i * size, (i + 1) * size));
}

/** As it arrives in a header, in UTF-8 and without the spaces around it; null where no header can hold it (RFC 9110 §5.5). */
export function headerOf(text: string): string | null {
  const bytes = Buffer.from(text).toString('latin1');
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(bytes) ? bytes.replace(/^[ \t]+|[ \t]+$/g, '') : null;
}
