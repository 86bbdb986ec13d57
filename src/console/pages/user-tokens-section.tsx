import {
  type PersonalAccessTokenStatus,
  RevokeToken,
  UserTokens,
  type UserTokensQuery,
} from '../generated.ts';
import { ActionButton } from '../parts/action-button.tsx';
import { Badge } from '../parts/badge.tsx';
import { filterBy, pageOf } from '../parts/filters.ts';
import { Pager } from '../parts/pager.tsx';
import { perform } from '../parts/perform.ts';
import { Refusal } from '../parts/refusal.tsx';
import { Section } from '../parts/section.tsx';
import { Select } from '../parts/select.tsx';
import { Time } from '../parts/time.tsx';
import { useQuery } from '../parts/use-query.ts';
import { useTurn } from '../parts/use-turn.ts';
import { UserText } from '../parts/user-text.tsx';

interface Props {
  readonly userId: string;
  readonly params: URLSearchParams;
  readonly turn: number;
  onChange(): void;
}

type Token = NonNullable<NonNullable<UserTokensQuery['user']>['personalAccessTokens']>['nodes'][number];

const PAGE_SIZE = 20;
const STATUSES: readonly string[] = ['ACTIVE', 'EXPIRED', 'REVOKED'] satisfies PersonalAccessTokenStatus[];

export function UserTokensSection({ userId, params, turn, onChange }: Props) {
  const shown = params.get('tokens') ?? 'ACTIVE';
  const status = STATUSES.includes(shown) ? (shown as PersonalAccessTokenStatus) : null;
  const after = params.get('tokensAfter');
  const { data, refused, isLoading, reload } = useQuery(UserTokens, {
    id: userId,
    status,
    first: PAGE_SIZE,
    after,
  });
  useTurn(turn, reload);
  const tokens = data?.user?.personalAccessTokens;
  const path = `users/${userId}`;
  return (
    <Section title="Personal access tokens" isLoading={isLoading}>
      <div class="filters">
        <Select
          label="Tokens that are"
          value={shown}
          options={{ ACTIVE: 'valid', EXPIRED: 'expired', REVOKED: 'revoked', ALL: 'of any state' }}
          onPick={(value) => filterBy(path, 'tokens', value, 'tokensAfter')}
        />
      </div>
      <Refusal refused={refused} />
      {tokens && tokens.nodes.length === 0 && <p>No such token.</p>}
      {tokens && tokens.nodes.length > 0 && (
        <table class="cards">
          <caption class="visually-hidden">Personal access tokens, newest first</caption>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Token</th>
              <th scope="col">Scopes</th>
              <th scope="col">Last used</th>
              <th scope="col">State</th>
              <th scope="col">
                <span class="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {tokens.nodes.map((token) => (
              <TokenRow key={token.id} token={token} onChange={onChange} />
            ))}
          </tbody>
        </table>
      )}
      {tokens && (
        <Pager
          of="tokens"
          page={tokens.pageInfo}
          after={after}
          hrefOf={(cursor) => pageOf(path, params, cursor, 'tokensAfter')}
        />
      )}
    </Section>
  );
}

function TokenRow({ token, onChange }: { token: Token; onChange(): void }) {
  return (
    <tr>
      <th scope="row">
        <UserText text={token.name} />
      </th>
      <td data-label="Token">
        <code>{token.hint}</code>
      </td>
      <td data-label="Scopes">{token.scopes.join(', ')}</td>
      <td data-label="Last used">
        <Time at={token.lastUsedAt} />{' '}
        {token.lastUsedIpAddress !== null && <>from {token.lastUsedIpAddress}</>}
      </td>
      <td data-label="State">
        {token.status === 'ACTIVE' && <Badge tone="good">valid</Badge>}
        {token.status === 'EXPIRED' && <Badge tone="plain">expired</Badge>}
        {token.status === 'REVOKED' && <Badge tone="bad">revoked</Badge>}{' '}
        {token.revokedAt === null ? (
          <>
            until <Time at={token.expiresAt} />
          </>
        ) : (
          <Time at={token.revokedAt} />
        )}
      </td>
      <td class="row-actions">
        {token.status === 'ACTIVE' && (
          <ActionButton
            label="Revoke"
            of={<UserText text={token.name} />}
            question={{
              title: 'Revoke this token?',
              text: (
                <>
                  Whatever uses <UserText text={token.name} /> is refused at once.
                </>
              ),
            }}
            run={() => perform(RevokeToken, { id: token.id }, 'The token is revoked.')}
            onDone={onChange}
          />
        )}
      </td>
    </tr>
  );
}
