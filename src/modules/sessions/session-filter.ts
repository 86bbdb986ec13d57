import { badUserInput } from '../../core/errors.ts';
import { canonicalAddress } from '../../core/ip-address.ts';
import { requireId } from '../../core/require-id.ts';
import type { SessionFilter } from './session.store.ts';
import type { SessionStatus } from './session.ts';

/** An IPv6 address has at most 45 characters, followed by a short zone. */
const MAX_ADDRESS_LENGTH = 100;

interface SessionFilterInput {
  readonly userId?: string | null | undefined;
  readonly status?: SessionStatus | null | undefined;
  readonly ipAddress?: string | null | undefined;
  readonly activeSince?: Date | null | undefined;
}

/** @throws {PublicError} BAD_USER_INPUT for a malformed id or address, which would silently match nothing. */
export function parseSessionFilter(input: SessionFilterInput | null | undefined): SessionFilter {
  const { userId, status, ipAddress, activeSince } = input ?? {};
  const id = userId == null ? null : requireId('User', userId, 'filter.userId');
  const address =
    ipAddress == null || ipAddress.length > MAX_ADDRESS_LENGTH ? null : canonicalAddress(ipAddress);
  if (address === null && ipAddress != null) throw badUserInput('filter.ipAddress is not an IP address.');
  return {
    userId: id,
    status: status ?? null,
    ipAddress: address,
    activeSince: activeSince ?? null,
  };
}
