import { ChangeUser, UnlockUser, type UserProfileQuery } from '../generated.ts';
import { ActionButton } from '../parts/action-button.tsx';
import { perform } from '../parts/perform.ts';
import { Section } from '../parts/section.tsx';
import { Time } from '../parts/time.tsx';
import { UserText } from '../parts/user-text.tsx';
import { RolesForm } from './roles-form.tsx';
import { UserStates } from './user-states.tsx';

interface Props {
  readonly user: NonNullable<UserProfileQuery['user']>;
  readonly mayWrite: boolean;
  onChange(): void;
}

export function UserProfileSection({ user, mayWrite, onChange }: Props) {
  const { id, mailFailure } = user;
  const who = <UserText text={user.email ?? user.username ?? id} />;
  return (
    <Section title="Profile">
      <dl>
        <Fact name="Username">
          <UserText text={user.username} />
        </Fact>
        <Fact name="Name">
          <UserText text={user.name} />
        </Fact>
        <Fact name="Account">
          <UserStates user={user} />
        </Fact>
        {user.lockedUntil !== null && (
          <Fact name="Locked until">
            <Time at={user.lockedUntil} />
          </Fact>
        )}
        <Fact name="Roles">{user.roles?.join(', ') || <span class="none">none</span>}</Fact>
        <Fact name="Last active">
          <Time at={user.lastActiveAt} />
        </Fact>
        <Fact name="Created">
          <Time at={user.createdAt} />
        </Fact>
        {mailFailure && (
          <Fact name="Message that failed">
            {mailFailure.kind}, <Time at={mailFailure.failedAt} />: <UserText text={mailFailure.reason} />
          </Fact>
        )}
        <Fact name="Id">
          <code>{id}</code>
        </Fact>
      </dl>
      {mayWrite && (
        <div class="actions">
          {user.accountStatus === 'ACTIVE' && (
            <ActionButton
              label="Disable account"
              question={{
                title: 'Disable this account?',
                text: <>All sessions, streams and personal access tokens of {who} end at once.</>,
              }}
              run={() =>
                perform(ChangeUser, { id, input: { accountStatus: 'DISABLED' } }, 'The account is disabled.')
              }
              onDone={onChange}
            />
          )}
          {user.accountStatus === 'DISABLED' && (
            <ActionButton
              label="Enable account"
              run={() =>
                perform(ChangeUser, { id, input: { accountStatus: 'ACTIVE' } }, 'The account is enabled.')
              }
              onDone={onChange}
            />
          )}
          {user.lockedUntil !== null && (
            <ActionButton
              label="Unlock"
              run={() => perform(UnlockUser, { id }, 'The account is unlocked.')}
              onDone={onChange}
            />
          )}
          <RolesForm userId={id} roles={user.roles ?? []} who={who} onChange={onChange} />
        </div>
      )}
    </Section>
  );
}

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
