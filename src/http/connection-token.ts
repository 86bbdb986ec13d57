/**
 * The access token in the payload of `connection_init`, or null. Accepted places: `authorization` or `token` (Hive
 * Gateway, most clients), the same below `connectionParams` (Apollo Router), and `headers.authorization`.
 */
export function connectionToken(connectionParams: unknown): string | null {
  const params = lowerCased(connectionParams);
  const nested = lowerCased(params['connectionparams']);
  const headers = lowerCased(params['headers']);
  const found = [
    params['authorization'],
    params['token'],
    nested['authorization'],
    nested['token'],
    headers['authorization'],
  ];
  const token = found.find((value) => typeof value === 'string' && value !== '');
  return typeof token === 'string' ? token.replace(/^Bearer +/i, '') : null;
}

function lowerCased(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key.toLowerCase(), entry]));
}
