import { parse, type SerializeOptions, serialize } from 'cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { TokenCookie } from '../graphql/request/context.ts';

/**
 * Cookies that hold tokens: HttpOnly and SameSite=Strict. The `__Host-` prefix prevents subdomains from setting them
 * (RFC 6265bis §4.1.3.2); browsers accept the prefix over https only.
 */
export function createTokenCookies(publicUrl: Readonly<URL>, kind: 'refresh' | 'device') {
  const secure = publicUrl.protocol === 'https:';
  const name = `${secure ? '__Host-' : ''}latchkey-${kind}`;
  const attributes: SerializeOptions = { httpOnly: true, secure, sameSite: 'strict', path: '/' };

  return (request: FastifyRequest, reply: FastifyReply): TokenCookie => {
    // Added to those that are set already.
    const set = (value: string, expires: Date) =>
      reply.header('set-cookie', serialize(name, value, { ...attributes, expires }));
    return {
      read: () => parse(request.headers.cookie ?? '')[name] || null,
      write: (token, expiresAt) => set(token, expiresAt),
      clear: () => set('', new Date(0)),
    };
  };
}
