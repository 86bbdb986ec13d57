import type { UserLineFragment } from '../generated.ts';
import { Badge } from '../parts/badge.tsx';

type Props = { readonly user: Pick<UserLineFragment, 'accountStatus' | 'lockedUntil' | 'emailVerified'> };

/** The states of an account in words. */
export function UserStates({ user: { accountStatus, lockedUntil, emailVerified } }: Props) {
  return (
    <span class="badges">
      {accountStatus === 'ACTIVE' && <Badge tone="good">active</Badge>}
      {accountStatus === 'DISABLED' && <Badge tone="bad">disabled</Badge>}
      {lockedUntil !== null && <Badge tone="note">locked</Badge>}
      {emailVerified === false && <Badge tone="plain">email not confirmed</Badge>}
    </span>
  );
}
