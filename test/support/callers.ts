import { anonymous, type Caller } from '../../src/core/principal.ts';

/** A visitor without a credential, from this address. */
export const from = (ipAddress: string): Caller => ({
  principal: anonymous,
  origin: { requestId: null, ipAddress, userAgent: null },
});
