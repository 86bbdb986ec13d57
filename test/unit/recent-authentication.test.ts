import { expect, test } from '@jest/globals';
import type { AuthenticationMethod } from '../../src/modules/sessions/authentication-method.ts';
import {
  authenticatedAt,
  isRecentlyAuthenticated,
  REAUTHENTICATION_WINDOW_SECONDS,
} from '../../src/modules/sessions/session.ts';

const readAt = new Date('2030-01-01T12:00:00Z');
const before = (seconds: number) => new Date(readAt.getTime() - seconds * 1000);
const by = (method: AuthenticationMethod['method'], secondsAgo: number): AuthenticationMethod => ({
  method,
  completedAt: before(secondsAgo),
});
const isRecent = (...authenticationMethods: AuthenticationMethod[]) =>
  isRecentlyAuthenticated({ authenticationMethods, readAt });

test('an authentication is recent until the window has passed', () => {
  expect(isRecent(by('pwd', REAUTHENTICATION_WINDOW_SECONDS))).toBe(true);
  expect(isRecent(by('pwd', REAUTHENTICATION_WINDOW_SECONDS + 1))).toBe(false);
});

test('the latest of several methods decides, whatever their order', () => {
  const old = by('pwd', REAUTHENTICATION_WINDOW_SECONDS + 60);
  expect(isRecent(old, by('otp', 30))).toBe(true);
  expect(isRecent(by('otp', 30), old)).toBe(true);
  expect(authenticatedAt({ authenticationMethods: [by('otp', 30), old] })).toEqual(before(30));
});
