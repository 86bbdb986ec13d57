import { expect, test } from '@jest/globals';
import { newId, type PersonalAccessTokenId, type UserId } from '../../src/core/ids.ts';
import { anonymous, type PersonalAccessTokenPrincipal, systemOrigin } from '../../src/core/principal.ts';
import { RoleCatalogue } from '../../src/core/role-catalogue.ts';
import { defaultRoles } from '../../src/core/scopes.ts';
import { Secret } from '../../src/core/secret.ts';
import { generateSigningKeyPem, parseSigningKeys } from '../../src/core/signing-key.ts';
import { AccessTokenVerifier, createAccessTokens } from '../../src/modules/access-tokens/index.ts';
import { TokenExchange } from '../../src/modules/personal-access-tokens/index.ts';
import { Revocations } from '../../src/modules/revocations/index.ts';
import { silentLogger } from '../support/logger.ts';

const userId = newId<UserId>();
const personalAccessTokenId = newId<PersonalAccessTokenId>();
const IN_AN_HOUR = new Date(Date.now() + 3_600_000);

/** An exchange whose token is verified with this principal, and what happens while its use is counted. */
function exchangeOf(
  over: Partial<PersonalAccessTokenPrincipal>,
  meanwhile: (revocations: Revocations) => void = () => undefined,
) {
  const revocations = new Revocations({ keepForSeconds: 300 });
  const accessTokens = createAccessTokens({
    keys: parseSigningKeys(new Secret(generateSigningKeyPem())),
    issuer: 'https://auth.example.com',
    audience: 'graph',
    ttlSeconds: 300,
    clock: { now: () => new Date() },
  });
  const principal: PersonalAccessTokenPrincipal = {
    kind: 'personal_access_token',
    userId,
    personalAccessTokenId,
    scopes: new Set(['users:write']),
    expiresAt: IN_AN_HOUR,
    notBefore: null,
    ...over,
  };
  const exchanges = new TokenExchange({
    authenticate: async () => {
      meanwhile(revocations);
      return { principal, credentialId: personalAccessTokenId };
    },
    accessTokens,
    roleCatalogue: new RoleCatalogue(defaultRoles),
  });
  const verifier = new AccessTokenVerifier({
    accessTokens,
    revocations,
    observers: { session: () => undefined, personal_access_token: async () => undefined },
    events: { record: async () => undefined, countRefusal: () => undefined } as never,
    logger: silentLogger,
  });
  const run = () =>
    exchanges.exchange({ principal: anonymous, origin: systemOrigin }, { token: 'lkp_any', scopes: null });
  return { run, verifier, revocations };
}

test('a token with scopes from before a change of roles that was heard meanwhile is refused', async () => {
  const notBefore = new Date(Date.now() + 3_000);
  const { run, verifier } = exchangeOf({}, (revocations) =>
    revocations.add({ kind: 'user', id: userId, notBefore }),
  );
  const outcome = await run();
  if (outcome.kind !== 'issued') throw new Error(outcome.kind);
  expect((await verifier.verify(outcome.accessToken)).principal).toBeNull();
});

test('a token whose scopes respect the change is good at once, although the change is dated ahead', async () => {
  const notBefore = new Date(Date.now() + 3_000);
  const { run, verifier, revocations } = exchangeOf({ notBefore });
  revocations.add({ kind: 'user', id: userId, notBefore });
  const outcome = await run();
  if (outcome.kind !== 'issued') throw new Error(outcome.kind);
  expect((await verifier.verify(outcome.accessToken)).principal).toMatchObject({
    userId,
    personalAccessTokenId,
  });
});

test('nothing is issued that would end after the personal access token', async () => {
  const [soon, ahead] = [new Date(Date.now() + 1_500), new Date(Date.now() + 3_000)];
  expect(await exchangeOf({ expiresAt: soon, notBefore: ahead }).run()).toEqual({ kind: 'invalid_token' });
});

test('a token that has no scope left is exchanged for one without scopes', async () => {
  const outcome = await exchangeOf({ scopes: new Set() }).run();
  expect(outcome).toMatchObject({ kind: 'issued', scopes: [] });
});
