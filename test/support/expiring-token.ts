import { sign } from 'node:crypto';

/** The access token with an expiry of its own, in whole seconds from now, signed by the key (RFC 7515 §3.1, RFC 7518 §3.4). */
export function expiringToken(accessToken: string, privateKeyPem: string, seconds: number): string {
  const [header = '', payload = ''] = accessToken.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const expiring = { ...claims, exp: Math.floor(Date.now() / 1_000) + seconds };
  const input = `${header}.${Buffer.from(JSON.stringify(expiring)).toString('base64url')}`;
  const signature = sign('sha256', Buffer.from(input), { key: privateKeyPem, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}
