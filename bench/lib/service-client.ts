import { withParts } from '../../src/app/app.ts';
import { serviceClientAdministration } from '../../src/app/features/service-clients.ts';
import { loadConfig } from '../../src/config/config.ts';
import { createLogger } from '../../src/platform/logger.ts';

/** A service client that may listen to revocations. */
export async function createServiceClient(
  env: Readonly<Record<string, string>>,
): Promise<{ clientId: string; clientSecret: string }> {
  const client = { name: 'bench', audiences: ['latchkey'], scopes: [], actsForUsers: false, publicKey: null };
  const created = await withParts(loadConfig(env), createLogger('error'), (parts) =>
    parts.get(serviceClientAdministration).create(client),
  );
  if (created.kind !== 'created') throw new Error(created.kind);
  return { clientId: created.client.id, clientSecret: created.secret ?? '' };
}
