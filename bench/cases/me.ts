import type { Case } from '../lib/case.ts';
import { Child } from '../lib/child.ts';
import { createToken, signup } from '../lib/client.ts';
import type { Report } from '../lib/latchkey.ts';
import { load, sideBySide } from '../lib/load.ts';

const QUERY = '{ me { id email username } }';

/** Who am I: by an access token, by a personal access token, and on the barest subgraph that reads the same row. */
export const me: Case = async ({ createDatabase }) => {
  const env = { DATABASE_URL: await createDatabase(), PORT: '0', LOG_LEVEL: 'error' };
  const latchkey = await Child.start(new URL('../lib/latchkey.ts', import.meta.url), env);
  const bare = await Child.start(new URL('../lib/bare-subgraph.ts', import.meta.url), env);
  try {
    const { accessToken, user } = await signup(latchkey.url, 'me@example.com');
    const token = await createToken(latchkey.url, accessToken, ['profile:read']);
    const by = (credential: string) => ({
      url: latchkey.url,
      query: QUERY,
      headers: { authorization: `Bearer ${credential}` },
    });
    const figures = await sideBySide({
      jwt: by(accessToken),
      pat: by(token),
      bare: { url: bare.url, query: QUERY, headers: { 'x-user-id': user.id } },
    });
    await latchkey.ask('reset');
    await load(by(token));
    const { statements } = await latchkey.ask<Report>('report');
    const ofToken = Object.entries(statements).filter(([text]) => text.includes('personal_access_tokens'));
    const sent = ofToken.reduce((sum, [, count]) => sum + count, 0);
    const { jwt, pat, bare: row } = figures;
    const raw = `JWT ${jwt.perSecond.toFixed(0)}/s, PAT ${pat.perSecond.toFixed(0)}/s, bare ${row.perSecond.toFixed(0)}/s`;
    return [
      {
        what: '`me` by JWT ÷ bare subgraph that reads the row',
        value: jwt.perSecond / row.perSecond,
        atLeast: 0.5,
        raw,
      },
      { what: '`me` by PAT ÷ `me` by JWT', value: pat.perSecond / jwt.perSecond, atLeast: 0.9, raw },
      {
        what: 'statements for a warm PAT, in 4 s of load (batched uses excepted: at most one)',
        value: sent,
        unit: 'count',
        atMost: 1,
        raw: JSON.stringify(ofToken),
      },
    ];
  } finally {
    await Promise.all([latchkey.stop(), bare.stop()]);
  }
};
