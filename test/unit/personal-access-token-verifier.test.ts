import { expect, test } from '@jest/globals';
import { newId, type PersonalAccessTokenId, type UserId } from '../../src/core/ids.ts';
import { RoleCatalogue } from '../../src/core/role-catalogue.ts';
import { defaultRoles } from '../../src/core/scopes.ts';
import { PersonalAccessTokenVerifier } from '../../src/modules/personal-access-tokens/index.ts';
import type { RecordWithOwner } from '../../src/modules/personal-access-tokens/personal-access-token.store.ts';
import { mintToken } from '../../src/modules/personal-access-tokens/token-format.ts';
import { Revocations } from '../../src/modules/revocations/index.ts';

const userId = newId<UserId>();
const id = newId<PersonalAccessTokenId>();

test('a change of roles that is heard while the row is read is not missed', async () => {
  const revocations = new Revocations({ keepForSeconds: 300 });
  const changedAt = new Date(Date.now() + 3_000);
  let reads = 0;
  const verifier = new PersonalAccessTokenVerifier({
    store: {
      findByDigest: async () => {
        reads += 1;
        // The first read sees the row from before the change, of which the instance hears before the row has arrived.
        if (reads === 1) revocations.add({ kind: 'user', id: userId, notBefore: changedAt });
        return found(reads === 1 ? ['user', 'admin'] : ['user']);
      },
    } as never,
    revocations,
    usage: { note: async () => undefined } as never,
    events: { countRefusal: () => undefined } as never,
    roleCatalogue: new RoleCatalogue(defaultRoles),
    clock: { now: () => new Date() },
  });
  const { principal } = await verifier.verify(mintToken());
  expect(principal).toMatchObject({ userId, scopes: new Set(['profile:read']), notBefore: changedAt });
  expect(reads).toBeGreaterThan(1);
});

function found(roles: readonly string[]): RecordWithOwner {
  const record = { id, userId, scopes: ['profile:read', 'users:write'], revokedAt: null, revokeReason: null };
  const expiresAt = new Date(Date.now() + 3_600_000);
  return { record: { ...record, expiresAt }, roles, accountStatus: 'ACTIVE' } as unknown as RecordWithOwner;
}
