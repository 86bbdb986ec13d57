import { parse, type SerializeOptions, serialize } from 'cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RefreshCookie } from '../graphql/request/context.ts';

/**
 * The refresh token cookie: HttpOnly and SameSite=Strict. The `__Host-` prefix prevents subdomains from setting it
 * (RFC 6265bis §4.1.3.2); browsers accept the prefix over https only.
 */
export function createRefreshCookies(publicUrl: Readonly<URL>) {
  const secure = publicUrl.protocol === 'https:';
  const name = secure ? '__Host-latchkey-refresh' : 'latchkey-refresh';
  const attributes: SerializeOptions = { httpOnly: true, secure, sameSite: 'strict', path: '/' };

  return (request: FastifyRequest, reply: FastifyReply): RefreshCookie => {
    const set = (value: string, expires: Date) =>
      reply.header('set-cookie', serialize(name, value, { ...attributes, expires }));
    return {
      read: () => parse(request.headers.cookie ?? '')[name] || null,
      write: (refreshToken, expiresAt) => set(refreshToken, expiresAt),
      clear: () => set('', new Date(0)),
    };
  };
}
