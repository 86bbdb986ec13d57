import { beforeAll, describe, expect, test } from '@jest/globals';
import { type GraphQLInputType, isListType, isNonNullType, isScalarType } from 'graphql';
import { credentialMutations } from '../../src/graphql/operations/credential-fields.ts';
import { limits } from '../../src/graphql/operations/limits.ts';
import { buildSchema } from '../../src/graphql/schema/schema.ts';
import { loadTypeDefs } from '../../src/graphql/schema/type-defs.ts';
import { partOf } from '../support/amounts.ts';
import { type GraphQLClient, ME } from '../support/client.ts';
import { bodyOf } from '../support/hostile/bodies.ts';
import type { Place } from '../support/hostile/places.ts';
import { exchange, isRefusal, postMessage } from '../support/hostile/wire.ts';
import { places } from '../support/hostile-inputs.ts';
import { inParallel } from '../support/in-parallel.ts';
import { joined, rootFieldOf } from '../support/joined-operations.ts';
import { bearer, chunks, offence, offences, useNaughtyApp } from '../support/naughty-answers.ts';
import { naughtyStrings } from '../support/naughty-strings.ts';
import { signInAdministrator } from '../support/signed-in.ts';

const { latchkey, connections } = useNaughtyApp();
let admin: GraphQLClient;
beforeAll(async () => {
  admin = await signInAdministrator(latchkey);
});

/** Control and format characters, lone surrogates, and what is no character. */
const UNSEEN = /\p{C}/u;

/** All by night; by day those with characters that nothing shows, and of the others another tenth at each place. */
function stringsFor(turn: number): readonly string[] {
  const unseen = naughtyStrings.filter((text) => UNSEEN.test(text));
  const others = naughtyStrings.filter((text) => !UNSEEN.test(text));
  return [...unseen, ...partOf(others, 10, turn)];
}

test('the list has more than 475 strings', () => {
  expect(naughtyStrings.length).toBeGreaterThan(475);
});

describe('a naughty string is refused or taken, and nothing fails or tells of our insides, as', () => {
  const alone = credentialMutations(buildSchema({ typeDefs: loadTypeDefs(), resolvers: {} }));
  /** The items of lists are places of their own. */
  const takesText = (type: GraphQLInputType): boolean => {
    if (isNonNullType(type)) return takesText(type.ofType);
    return !isListType(type) && isScalarType(type) && !['Int', 'Float', 'Boolean'].includes(type.name);
  };
  const at = (place: Place, text: string) => place.byVariable(JSON.stringify(text));
  /** Where `naughty-accounts.test.ts` sends them. */
  const sentByAccounts = new Set([
    ...['email', 'password', 'username', 'name'].map((field) => `Mutation.signup(input.${field})`),
    ...['name', 'username'].map((field) => `Mutation.updateProfile(input.${field})`),
    'Mutation.createPersonalAccessToken(input.name)',
  ]);
  const eachPlace = places
    .filter(({ name, type }) => takesText(type) && !sentByAccounts.has(name))
    .map((place, turn) => [place.name, place, stringsFor(turn)] as const);

  test('at several places each', () => {
    const sent = eachPlace.flatMap(([, , strings]) => strings);
    const times = naughtyStrings.map((text) => sent.filter((one) => one === text).length);
    expect(Math.min(...times)).toBeGreaterThan(2);
  });

  test.each(eachPlace)('%s', async (_name, place, strings) => {
    // A logout ended the session.
    if ((await admin.send(ME)).data.me === null) admin = await signInAdministrator(latchkey);
    const found = place.kind === 'subscription' ? inParallel(strings, byStream) : byBatches();
    expect(await offences(found)).toEqual([]);

    async function byStream(text: string) {
      const headers = { ...bearer(admin), accept: 'text/event-stream' };
      const message = postMessage(bodyOf(at(place, text)), headers);
      const answer = await exchange({ url: latchkey.url }, message);
      // An open stream says nothing for a while: one of them is enough.
      if (!isRefusal(answer)) throw new Error(`a stream of ${JSON.stringify(text)} was opened`);
      return offence(answer, text);
    }

    function byBatches() {
      const together = alone.has(rootFieldOf(at(place, ''))) ? 1 : limits.rootFields;
      const batches = chunks(strings, together);
      return inParallel(batches, async (texts) => {
        const body = bodyOf(joined(texts.map((text) => at(place, text))));
        const answer = await connections.post(latchkey.url, body, bearer(admin));
        // The strings of someone who may not do this are not read.
        const mayDoIt = !/UNAUTHENTICATED|FORBIDDEN/.test(answer.text);
        return offence(answer, ...texts) ?? (mayDoIt ? null : answer.text);
      });
    }
  });
});
