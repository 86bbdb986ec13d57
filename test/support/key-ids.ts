/** The ids of the keys that are published at `url`: the first signs. */
export async function keyIdsAt(url: string): Promise<string[]> {
  const answer = await fetch(`${url}/.well-known/jwks.json`);
  return ((await answer.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
}

/** The id of the key that has signed the access token. */
export function signerOf({ accessToken }: { readonly accessToken: string | null }): string {
  const [header = ''] = String(accessToken).split('.');
  return JSON.parse(Buffer.from(header, 'base64url').toString()).kid;
}
