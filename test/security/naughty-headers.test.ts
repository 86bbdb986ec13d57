import { describe, expect, test } from '@jest/globals';
import { ME } from '../support/client.ts';
import { postRaw } from '../support/http.ts';
import { inParallel } from '../support/in-parallel.ts';
import { headerOf, offence, offences, useNaughtyApp } from '../support/naughty-answers.ts';
import { naughtyStrings } from '../support/naughty-strings.ts';

const { latchkey, send } = useNaughtyApp();

describe('a header that is a naughty string', () => {
  const inHeaders = naughtyStrings.flatMap((text) => headerOf(text) ?? []);
  const REFRESH_BY_COOKIE = 'mutation { refreshSession { __typename } }';

  test('is none that HTTP has if it holds control characters', async () => {
    const others = naughtyStrings.filter((text) => headerOf(text) === null && !/[\r\n]/.test(text));
    const statuses = await inParallel(others, async (text) => {
      const header = `User-Agent: ${Buffer.from(text).toString('latin1')}`;
      return (await postRaw(latchkey.url, ['Content-Type: application/json', header], { query: ME })).status;
    });
    expect(statuses).toEqual(others.map(() => 400));
    expect(others.length).toBeGreaterThan(3);
  });

  test.each([
    ['authorization', ''],
    ['authorization', 'Bearer '],
  ])('is a refused credential: %s: %s', async (name, start) => {
    const found = inParallel(inHeaders, async (text) => {
      const answer = await send(ME, {}, { [name]: `${start}${text}` });
      const code = answer.json.errors?.[0].extensions.code;
      const isNone = start === '' && text === '';
      return (
        offence(answer, text) ?? (code === (isNone ? undefined : 'UNAUTHENTICATED') ? null : answer.text)
      );
    });
    expect(await offences(found)).toEqual([]);
  });

  test('is an origin that is allowed nothing', async () => {
    const found = inParallel(inHeaders, async (text) => {
      const answer = await send(ME, {}, { origin: text });
      const isAllowed = answer.headers.has('access-control-allow-origin');
      return offence(answer, text) ?? (isAllowed ? `${text} was allowed` : null);
    });
    expect(await offences(found)).toEqual([]);
  });

  test('is no refresh token as a cookie, and nothing as cookies, languages or a referrer', async () => {
    const found = inParallel(inHeaders, async (text) => {
      const headers = { cookie: `${text}; latchkey-refresh=${text}`, 'accept-language': text, referer: text };
      const answer = await send(REFRESH_BY_COOKIE, {}, headers);
      const outcome = answer.json.data?.refreshSession.__typename;
      return offence(answer, text) ?? (outcome === 'InvalidTokenError' ? null : answer.text);
    });
    expect(await offences(found)).toEqual([]);
  });
});
