import type { Case, Row } from '../lib/case.ts';
import { Child } from '../lib/child.ts';
import { createToken, signup } from '../lib/client.ts';
import { costOf, shownCost } from '../lib/cpu.ts';
import type { Report } from '../lib/latchkey.ts';
import { type Load, load, sideBySide } from '../lib/load.ts';
import { production } from '../lib/production.ts';

const QUERY = '{ me { id email username } }';

/** By number of connections: what `me` by JWT must reach of the bare subgraph. */
const AT_LEAST = { 1: 0.75, 16: 1.2, 64: undefined };

/** Who am I: by an access token, by a personal access token, and on the barest subgraph that reads the same row. */
export const me: Case = async ({ createDatabase }) => {
  const databaseUrl = await createDatabase();
  const env = production(databaseUrl);
  const latchkey = await Child.start(new URL('../lib/latchkey.ts', import.meta.url), env);
  const bare = await Child.start(new URL('../lib/bare-subgraph.ts', import.meta.url), env);
  try {
    const { accessToken, user } = await signup(latchkey.url, 'me@example.com');
    const token = await createToken(latchkey.url, accessToken, ['profile:read']);
    const by = (credential: string): Load => ({
      url: latchkey.url,
      query: QUERY,
      headers: { authorization: `Bearer ${credential}` },
    });
    const [jwt, pat] = [by(accessToken), by(token)];
    const row: Load = { url: bare.url, query: QUERY, headers: { 'x-user-id': user.id } };

    const rows: Row[] = [];
    for (const [connections, atLeast] of Object.entries(AT_LEAST)) {
      const among = { connections: Number(connections) };
      const figures = await sideBySide({ jwt: { ...jwt, ...among }, row: { ...row, ...among } });
      rows.push({
        what: `\`me\` by JWT ÷ bare subgraph that reads the row, ${connections} connections`,
        value: figures.jwt.perSecond / figures.row.perSecond,
        ...(atLeast !== undefined && { atLeast }),
        raw: `JWT ${figures.jwt.perSecond.toFixed(0)}/s, bare ${figures.row.perSecond.toFixed(0)}/s`,
      });
    }

    const { jwt: ofJwt, pat: ofPat } = await sideBySide({ jwt, pat });
    rows.push({
      what: '`me` by PAT ÷ `me` by JWT, 16 connections',
      value: ofPat.perSecond / ofJwt.perSecond,
      atLeast: 0.95,
      raw: `PAT ${ofPat.perSecond.toFixed(0)}/s, JWT ${ofJwt.perSecond.toFixed(0)}/s`,
    });

    // The bare subgraph's connections idle meanwhile.
    const cost = (child: Child, work: Load) =>
      costOf({ pid: child.pid, databaseUrl }, async () => (await load(work)).requests);
    const [ours, theirs] = [await cost(latchkey, jwt), await cost(bare, row)];
    rows.push({
      what: 'CPU of `me` by JWT ÷ of the bare subgraph, Node and Postgres together',
      value: (ours.nodeMs + ours.postgresMs) / (theirs.nodeMs + theirs.postgresMs),
      raw: `${shownCost(ours)}; bare: Node ${theirs.nodeMs.toFixed(3)} ms, Postgres ${theirs.postgresMs.toFixed(3)} ms`,
    });

    const counted = async (work: Load) => {
      await latchkey.ask('reset');
      const { requests } = await load(work);
      const { statements } = await latchkey.ask<Report>('report');
      return { requests, statements: Object.entries(statements) };
    };
    const { requests, statements } = await counted(jwt);
    const ofUsers = statements.filter(([text]) => text.includes('FROM users'));
    const sent = ofUsers.reduce((sum, [, count]) => sum + count, 0);
    rows.push({
      what: 'statements per `me` by JWT, 16 connections',
      value: sent / requests,
      atMost: 0.5,
      raw: `${sent} statements for ${requests} requests`,
    });
    const ofToken = (await counted(pat)).statements.filter(([text]) =>
      text.includes('personal_access_tokens'),
    );
    rows.push({
      what: 'statements for a warm PAT, in 4 s of load (batched uses excepted: at most one)',
      value: ofToken.reduce((sum, [, count]) => sum + count, 0),
      unit: 'count',
      atMost: 1,
      raw: JSON.stringify(ofToken),
    });
    return rows;
  } finally {
    await Promise.all([latchkey.stop(), bare.stop()]);
  }
};
